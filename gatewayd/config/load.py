"""TOML text → Settings, or SettingsError with every fault at once, one a line: key, what is wrong, what was given.

`crosscheck` finds the faults that lie between sections (a step that names nobody, two modems on one port).
"""

import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from gatewayd.config.sections import Imap, Mqtt, Settings, Smtp
from gatewayd.errors import SettingsError

DEFAULT_PATH: Final = Path("/etc/gatewayd/gatewayd.toml")
_SECRET_KEYS: Final = frozenset({"password", "pin", "token", "hmac_key"})
#: What is allowed, for the faults that pydantic tells in its own terms.
_WORDS: Final = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} needed",
    "literal_error": "one of {expected}",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": 'a text in quotes, such as "abc"',
    "tuple_type": 'a list, such as ["a", "b"]',
    "list_type": 'a list, such as ["a", "b"]',
    "model_type": "a table of keys",
    "model_attributes_type": "a table of keys",
    "date_from_datetime_parsing": "a day such as 2026-11-23",
}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def load(path: Path) -> Settings:
    """Read and check `path`. Raises SettingsError whose text names every fault with its key."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None
    return parse(raw, str(path))


def parse(raw: dict[str, Any], origin: str) -> Settings:
    """The settings in `raw` (as tomllib gives it); `origin` is named in the faults."""
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        faults = [_line(fault, raw) for fault in error.errors(include_url=False)]
        raise SettingsError(_text(origin, faults)) from None
    faults = list(crosscheck(settings))
    if faults:
        raise SettingsError(_text(origin, faults))
    return settings


def _text(origin: str, faults: list[str]) -> str:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return "\n".join([f"{origin}: {count}", *(f"  {fault}" for fault in faults)])


def _line(fault: Any, raw: dict[str, Any]) -> str:
    path = fault["loc"]
    words = _WORDS.get(fault["type"])
    message = words.format(**fault.get("ctx", {})) if words else fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"{_key(path)}: unknown key"
    if fault["type"] == "missing":
        return f"{_key(path)}: is missing"
    return f"{_key(path)}: {message}{_given(path, raw)}"


def _key(path: tuple[int | str, ...]) -> str:
    key = ""
    for item in path:
        key += f"[{item}]" if isinstance(item, int) else f".{item}"
    return key.removeprefix(".") or "(file)"


def _given(path: tuple[int | str, ...], raw: Any) -> str:
    """What stood there, cut short; nothing for secrets and for whole sections."""
    if _SECRET_KEYS & set(path):
        return ""
    for item in path:
        try:
            raw = raw[item]
        except (KeyError, IndexError, TypeError):
            return ""
    if isinstance(raw, dict | list):
        return ""
    return f" (given: {str(raw)[:60]!r})"


def crosscheck(settings: Settings) -> Iterator[str]:
    """Faults between sections, each as a line with its key."""
    yield from _doubles(settings)
    yield from _people(settings)
    yield from _links(settings)


def _doubles(settings: Settings) -> Iterator[str]:
    named = {
        "modems.name": [modem.name for modem in settings.modems],
        "modems.port": [str(modem.port) for modem in settings.modems if not (modem.imei or modem.imsi)],
        "modems.imei": [modem.imei for modem in settings.modems if modem.imei],
        "modems.imsi": [modem.imsi for modem in settings.modems if modem.imsi],
        "people.id": [person.id for person in settings.people],
        "people.addresses": [a.lower() for person in settings.people for a in person.addresses],
        "units.name": [unit.name for unit in settings.units],
        "units.senders": [a.lower() for unit in settings.units for a in unit.senders],
        "mqtt.clients.name": [client.name for client in (settings.mqtt.clients if settings.mqtt else ())],
    }
    for key, values in named.items():
        for value, count in Counter(values).items():
            if count > 1:
                yield f"{key}: {value!r} stands {count} times"


def _people(settings: Settings) -> Iterator[str]:
    known = {person.id for person in settings.people}
    for index, step in enumerate(settings.approval.steps):
        for person in step.people:
            if person not in known:
                yield f"approval.steps[{index}].people: {person!r} is not an id in [[people]]"
    for person in settings.summary.to:
        if person not in known:
            yield f"summary.to: {person!r} is not an id in [[people]]"
    for person in settings.report.first_to:
        if person not in known:
            yield f"report.first_to: {person!r} is not an id in [[people]]"
    for index, deputy in enumerate(settings.approval.deputies):
        for key, person in (("person", deputy.person), ("in_place_of", deputy.in_place_of)):
            if person not in known:
                yield f"approval.deputies[{index}].{key}: {person!r} is not an id in [[people]]"
    yield from _steps(settings)


def _steps(settings: Settings) -> Iterator[str]:
    approval, steps = settings.approval, settings.approval.steps
    if settings.mailbox is not None and "steps" not in approval.model_fields_set:
        yield "approval.steps: is missing (steps = [] lets every form be sent without approval, if that is meant)"
    if approval.small_recipients and approval.small_step not in [step.name for step in steps]:
        yield f"approval.small_step: {approval.small_step!r} is not the name of a step"
    for first, second in pairwise(steps):
        if set(first.people) == set(second.people) and len(set(first.people)) == 1:
            yield f"approval.steps: {first.name!r} and {second.name!r} can only be decided by the same person"


def _servers(settings: Settings) -> tuple[tuple[str, Imap | Smtp | Mqtt | None], ...]:
    return (
        ("mailbox", settings.mailbox), ("bounces", settings.bounces), ("smtp", settings.smtp), ("mqtt", settings.mqtt),
    )  # fmt: skip


def _links(settings: Settings) -> Iterator[str]:
    for key, server in _servers(settings):
        if server is None:
            continue
        if server.tls == "none" and server.host not in _LOOPBACK:
            yield f"{key}.tls: 'none' is for this machine only, not for {server.host!r}"
        if server.auth == "xoauth2" and key == "mqtt":
            yield "mqtt.auth: 'xoauth2' is for mailbox and smtp"
    mqtt = settings.mqtt
    if mqtt is not None and mqtt.selftest is not None and mqtt.selftest.user == mqtt.user:
        yield "mqtt.selftest.user: must be another account than mqtt.user, one with few rights"
    box = settings.mailbox
    if box is not None and not (box.trusted_authserv_ids or box.own_dkim_check or box.trust_all_senders):
        yield "mailbox.trusted_authserv_ids: is missing (no sender could be proven, so no form would be taken)"
    if box is not None and settings.smtp is None:
        yield "smtp: is missing (the mailbox needs it to answer)"
    if settings.bounces is not None and (settings.smtp is None or settings.smtp.bounce_address is None):
        yield "smtp.bounce_address: is missing (nothing would come to the mailbox of [bounces])"
