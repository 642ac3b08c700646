"""gammu-smsd as a candidate: one process a modem, with a spool of files or a SQLite database, reports asked for.

"default" is what the manual's examples set; "tuned" takes away every wait and check that gammu-smsdrc(5) offers.
With files each process has a spool of its own and the messages are dealt out among them, as they would take one
message each otherwise; a database is shared, each process with its PhoneID.
"""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.peers.peer import TEXT, Candidate, Program, files_in

_PACKAGE: Final = "gammu-smsd"
_SCHEMA: Final = "share/doc/gammu-smsd/examples/sqlite.sql"
#: libdbi's driver, in the folder of the machine's architecture.
_DRIVER: Final = "lib/*/dbd/libdbdsqlite3.so"
_INSERT: Final = (
    "INSERT INTO outbox (DestinationNumber, TextDecoded, CreatorID, DeliveryReport) VALUES (?, ?, '', 'yes')"
)
_TUNED: Final = {
    "CommTimeout": "1", "LoopSleep": "0", "StatusFrequency": "0", "ReceiveFrequency": "5", "CheckSecurity": "0",
    "CheckBattery": "0", "CheckSignal": "0", "CheckNetwork": "0",
}  # fmt: skip


class Gammu(Program):
    """What both kinds of store share."""

    #: One of the last questions of its setting up.
    asks_last = "AT+CIMI"

    def __init__(self, folder: Path, ports: Sequence[Path], tuning: Mapping[str, str]) -> None:
        super().__init__(folder, ports)
        for port in ports:
            settings = {"DeliveryReport": "sms", "PhoneID": port.name, **self._store(port), **tuning}
            lines = ["[gammu]", f"device = {port}", "connection = at115200", "[smsd]", f"logfile = {port}.smsd.log"]
            lines += [f"{name} = {value}" for name, value in settings.items()]
            _settings(port).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _store(self, port: Path) -> Mapping[str, str]:
        """Make the store of the process at `port`; the settings that name it."""
        raise NotImplementedError

    def _launch(self) -> None:
        for port in self.ports:
            self._run("gammu-smsd", "-c", str(_settings(port)))


class GammuFiles(Gammu):
    def _store(self, port: Path) -> Mapping[str, str]:
        settings = {"Service": "files"}
        for key, name in (("InboxPath", "in"), ("OutboxPath", "out"), ("SentSMSPath", "sent"), ("ErrorSMSPath", "err")):
            folder = _spool(port, name)
            folder.mkdir(parents=True)
            settings[key] = f"{folder}/"
        return settings

    def submit(self, numbers: Sequence[str]) -> float:
        """The name of a file says when and to whom; "d" asks for a report."""
        given = time.monotonic()
        for place, number in enumerate(numbers):
            port = self.ports[place % len(self.ports)]
            name = f"OUTC20261123_{place // 3600:02d}{place // 60 % 60:02d}{place % 60:02d}_00_{number}_a.txtd"
            draft = _spool(port, "draft")
            draft.write_text(TEXT, encoding="utf-8")
            draft.rename(_spool(port, "out") / name)
        return given

    def is_done(self) -> bool:
        return not any(files_in(_spool(port, "out")) for port in self.ports)


class GammuSqlite(Gammu):
    @property
    def _file(self) -> Path:
        return self.folder / "smsd.db"

    def _store(self, port: Path) -> Mapping[str, str]:
        if not self._file.exists():
            with closing(sqlite3.connect(self._file)) as conn:
                conn.executescript((Path("/usr") / _SCHEMA).read_text(encoding="utf-8"))
        return {"Service": "sql", "Driver": "sqlite3", "DBDir": f"{self.folder}/", "Database": self._file.name}

    def submit(self, numbers: Sequence[str]) -> float:
        rows = [(number, TEXT) for number in numbers]
        given = time.monotonic()
        with closing(sqlite3.connect(self._file, timeout=30)) as conn, conn:
            conn.executemany(_INSERT, rows)
        return given

    def is_done(self) -> bool:
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=30)) as conn:
            return int(conn.execute("SELECT count(*) FROM outbox").fetchone()[0]) == 0


def _settings(port: Path) -> Path:
    return port.with_suffix(".smsdrc")


def _spool(port: Path, name: str) -> Path:
    return port.with_suffix(".spool") / name


_FILES: Final = (("gammu-smsd", _PACKAGE),)
_SQLITE: Final = (*_FILES, (_SCHEMA, _PACKAGE), (_DRIVER, "libdbd-sqlite3"))

CANDIDATES: Final = (
    Candidate("gammu-files", "gammu-smsd", "files, default", partial(GammuFiles, tuning={}), _FILES),
    Candidate("gammu-files-tuned", "gammu-smsd", "files, tuned", partial(GammuFiles, tuning=_TUNED), _FILES),
    Candidate("gammu-sqlite", "gammu-smsd", "SQLite, default", partial(GammuSqlite, tuning={}), _SQLITE),
    Candidate("gammu-sqlite-tuned", "gammu-smsd", "SQLite, tuned", partial(GammuSqlite, tuning=_TUNED), _SQLITE),
)
