"""What the control channel understands: one JSON object in, one out; nothing here touches a socket.

{"set": {"credit": 5000, "latency_ms": null, "recipients": {"0812…": "off"}}}   settings of network.Settings
{"clear": "name"} or {"clear": ""} for all   {"fault": "name:args"}   {"unplug": true}
{"replug": true, "link": "/other/path"}   {"inbound": {"from": "+62…", "text": "…", "class": 0}}   {"status": true}
Several may stand in one object and are done in that order. An object that is wrong anywhere changes nothing
after the wrong key, and is answered {"ok": false, "error": "…"}.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from gatewayd.sim.modem.machine import Machine
from gatewayd.sim.modem.network import LIMITS, Behaviour, Settings, international
from gatewayd.sim.modem.operators import OPERATORS

#: The highest class of a message (TS 23.038 §4).
_CLASSES: Final = 3


class Plug(Protocol):
    """The port, as far as it can be pulled out."""

    @property
    def is_open(self) -> bool: ...

    def unplug(self) -> None: ...

    def replug(self, link: Path | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Knobs:
    machine: Machine
    plug: Plug

    def turn(self, message: object) -> dict[str, object]:
        """Do what `message` asks; the answer to it."""
        try:
            return {"ok": True} | self._turn(_mapping(message, "a message"))
        except (ValueError, OSError) as error:
            return {"ok": False, "error": str(error)}

    def _turn(self, message: Mapping[str, object]) -> dict[str, object]:
        unknown = set(message) - _KEYS.keys() - {"link"}
        if unknown or not message:
            raise ValueError(f"{sorted(unknown)}: none of {', '.join(_KEYS)}")
        said: dict[str, object] = {}
        for key, act in _KEYS.items():
            if key in message:
                said |= act(self, message)
        return said

    def _set(self, message: Mapping[str, object]) -> dict[str, object]:
        settings = self.machine.device.network.settings
        before = settings.registration
        for name, value in _mapping(message["set"], "set").items():
            set_one(settings, name, value)
        if settings.registration != before:
            self.machine.registration_changed()
        return {}

    def _fault(self, message: Mapping[str, object]) -> dict[str, object]:
        self.machine.device.bench.arm(_text(message["fault"], "fault"))
        return {}

    def _clear(self, message: Mapping[str, object]) -> dict[str, object]:
        self.machine.device.bench.clear(_text(message["clear"], "clear"))
        return {}

    def _unplug(self, _: Mapping[str, object]) -> dict[str, object]:
        self.plug.unplug()
        return {}

    def _replug(self, message: Mapping[str, object]) -> dict[str, object]:
        self.plug.replug(Path(_text(message["link"], "link")) if "link" in message else None)
        return {}

    def _inbound(self, message: Mapping[str, object]) -> dict[str, object]:
        inbound = _mapping(message["inbound"], "inbound")
        sender, text = _text(inbound.get("from"), "inbound.from"), _text(inbound.get("text"), "inbound.text")
        message_class = _class(inbound.get("class"))
        return {"parts": self.machine.centre.inbound(sender, text, message_class)}

    def _status(self, _: Mapping[str, object]) -> dict[str, object]:
        device = self.machine.device
        settings = device.network.settings
        faults = [{"name": fault.name, "met": fault.met, "struck": fault.struck} for fault in device.bench.armed]
        stored = {name: len(store) for name, store in device.memories.items()}
        numbers = {name: getattr(settings, name) for name in LIMITS}
        state = {"up": self.machine.is_up, "client_open": self.plug.is_open}
        return numbers | state | {"next_mr": device.reference, "stored": stored, "faults": faults}


_KEYS: Final[Mapping[str, Callable[[Knobs, Mapping[str, object]], dict[str, object]]]] = {
    "set": Knobs._set,
    "clear": Knobs._clear,
    "fault": Knobs._fault,
    "unplug": Knobs._unplug,
    "replug": Knobs._replug,
    "inbound": Knobs._inbound,
    "status": Knobs._status,
}


def set_one(settings: Settings, name: str, value: object) -> None:
    """Set one of the settings. Raises ValueError, in words for a person."""
    if name in LIMITS:
        setattr(settings, name, _number(name, value))
    elif name == "operator":
        if value not in OPERATORS:
            raise ValueError(f"operator: {value!r} is none of {', '.join(OPERATORS)}")
        settings.operator = str(value)
    elif name == "active_until":
        settings.active_until = date.fromisoformat(_text(value, name))
    elif name == "recipients":
        for number, behaviour in _mapping(value, name).items():
            set_recipient(settings, number, _text(behaviour, name))
    else:
        raise ValueError(f"no setting is called {name!r}")


def set_recipient(settings: Settings, number: str, behaviour: str) -> None:
    """Let `number` (or a pattern) behave so from now on. Raises ValueError."""
    if behaviour not in tuple(Behaviour):
        raise ValueError(f"recipient {behaviour!r}: none of {', '.join(Behaviour)}")
    pattern = international(number)
    settings.recipients.pop(pattern, None)
    settings.recipients[pattern] = Behaviour(behaviour)


def _number(name: str, value: object) -> int | None:
    if value is None and name == "latency_ms":
        return None
    least, most = LIMITS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name}: {value!r} is no whole number from {least} to {most}")
    return value


def _class(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _CLASSES):
        raise ValueError(f"inbound.class: {value!r} is no whole number from 0 to {_CLASSES}")
    return value


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text")
    return value
