"""smstools3 as a candidate: one smsd with a process for each modem, files in its spool, reports asked for.

"default" has the settings of Debian's file and what status reports need: they come as +CDS, and it listens for them
before each command. "tuned" takes the shortest waits that its manual offers, and looks for a lost modem for ever. "SR"
goes on to what is fastest and still reads reports: it listens for nothing, has them stored in the SIM's memory for
reports (on a modem that has one), and stops every two seconds to read that memory, and the one for messages.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.peers.peer import TEXT, Candidate, Program, files_in

_FOLDERS: Final = ("outgoing", "checked", "incoming", "report", "sent", "failed")
#: For all modems (""), and for each of them.
_Tuning = Mapping[str, Mapping[str, str]]
#: Reports as +CDS need no acknowledgement, as the modem is not told AT+CSMS=1.
_ROUTED: Final = {
    "init": "AT+CNMI=2,1,0,1,0", "using_routed_status_report": "yes", "routed_status_report_cnma": "no",
}  # fmt: skip
_STORED: Final = {
    "init": 'AT+CPMS="SR","SM","SM";+CNMI=2,1,0,2,0', "primary_memory": "SR", "secondary_memory": "SM",
    "detect_message_routing": "no", "detect_unexpected_input": "no",
}  # fmt: skip
_SHORT: Final = {
    "delaytime": "1", "delaytime_mainprocess": "1", "sleeptime_mainprocess": "1", "errorsleeptime": "1",
    "blocktime": "1", "notifier": "yes", "trust_outgoing": "yes",
}  # fmt: skip
_SHORT_MODEM: Final = {
    "check_network": "0", "poll_faster": "30", "pre_init": "no", "startsleeptime": "0", "device_open_retries": "-1",
    "device_open_errorsleeptime": "1", "status_signal_quality": "no",
}  # fmt: skip
_DEFAULT: Final[_Tuning] = {"": {}, "modem": _ROUTED}
_TUNED: Final[_Tuning] = {"": _SHORT, "modem": {**_ROUTED, **_SHORT_MODEM}}
_SR: Final[_Tuning] = {"": {**_SHORT, "max_continuous_sending": "2"}, "modem": {**_STORED, **_SHORT_MODEM}}


class Smstools(Program):
    asks_last = "AT+CPMS"

    def __init__(self, folder: Path, ports: Sequence[Path], tuning: _Tuning) -> None:
        super().__init__(folder, ports)
        for name in _FOLDERS:
            (folder / name).mkdir()
        whole = {
            "devices": ",".join(port.name for port in ports), "autosplit": "3", "receive_before_send": "no",
            **{name: str(folder / name) for name in _FOLDERS}, "logfile": str(folder / "smsd.log"),
            "infofile": str(folder / "smsd.working"), "pidfile": str(folder / "smsd.pid"), **tuning[""],
        }  # fmt: skip
        parts = [_section(whole)]
        for port in ports:
            modem = {"device": str(port), "baudrate": "115200", "rtscts": "no", "incoming": "yes", "report": "yes"}
            modem |= tuning["modem"]
            parts.append(f"[{port.name}]\n{_section(modem)}")
        self._settings.write_text("\n".join(parts), encoding="ascii")

    @property
    def _settings(self) -> Path:
        return self.folder / "smsd.conf"

    def _launch(self) -> None:
        self._run("smsd", "-t", "-c", str(self._settings))

    def submit(self, numbers: Sequence[str]) -> float:
        given = time.monotonic()
        for number in numbers:
            draft = self.folder / "draft"
            draft.write_text(f"To: {number.lstrip('+')}\n\n{TEXT}", encoding="ascii")
            draft.rename(self.folder / "outgoing" / f"m{number.lstrip('+')}")
        return given

    def is_done(self) -> bool:
        return not any(files_in(self.folder / name) for name in ("outgoing", "checked"))


def _section(settings: Mapping[str, str]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


_NEEDS: Final = (("sbin/smsd", "smstools"),)

CANDIDATES: Final = (
    Candidate("smstools", "smstools3", "default", partial(Smstools, tuning=_DEFAULT), _NEEDS, 2.0),
    Candidate("smstools-tuned", "smstools3", "tuned", partial(Smstools, tuning=_TUNED), _NEEDS, 4.0),
    Candidate("smstools-sr", "smstools3", "tuned, SR", partial(Smstools, tuning=_SR), _NEEDS, 60.0),
)
