"""Structured log: one line per transition, with a stable event name and ids. Never message text, full numbers, secrets.

`get_logger().info("request.received", request="UPSI-2026-000001", unit="BAA")` becomes, under systemd with
systemd-python installed, a journal entry with the fields GW_EVENT and GW_REQUEST; elsewhere a readable line
or a JSON object on stderr. Every control, bidi and escape character in a value is escaped in one place, here, and
numbers and addresses of people in words that came from elsewhere are masked. What the libraries say, and what nobody
caught, goes the same way, without its values.
"""

import asyncio
import json
import logging
import os
import sys
import threading
from collections.abc import MutableMapping
from typing import Any, Final, Literal

from gatewayd.lean import without
from gatewayd.redact import redact, trace

# It draws tracebacks with rich where that is installed, 5 MiB.
without("rich", "structlog")
import structlog

Event = MutableMapping[str, Any]
_PRIORITY: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_LIBRARY_WORDS: Final = 80
_BIDI: Final = frozenset("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of every room; bind context with `.bind(modem="gsm1")`."""
    return structlog.get_logger()  # type: ignore[no-any-return]


def setup(level: str = "info", form: Literal["auto", "text", "json"] = "auto") -> None:
    """Choose where lines go. "auto": the journal under systemd if possible, else text on a terminal, else JSON."""
    journal = _journal() if form == "auto" and "JOURNAL_STREAM" in os.environ else None
    if journal is not None:
        last: Any = journal
    elif form == "text" or (form == "auto" and sys.stderr.isatty()):
        last = _text_line
    else:
        last = _json_line
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _tell_trace,
            *([] if journal is not None else [structlog.processors.TimeStamper(fmt="iso", utc=True)]),
            _escape_values,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=_silent_logger if journal is not None else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def setup_hooks(loop: asyncio.AbstractEventLoop) -> None:
    """What libraries, threads and tasks say outside our lines becomes such a line, without its values."""
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)
    loop.set_exception_handler(lambda _, context: _tell_stray(str(context["message"]), context.get("exception")))
    threading.excepthook = lambda args: _tell_stray("a thread ended", args.exc_value)
    sys.unraisablehook = lambda args: _tell_stray("an exception nobody could take", args.exc_value)
    sys.excepthook = lambda _, error, __: _tell_stray("the process ends", error)


def _tell_stray(words: str, error: BaseException | None) -> None:
    get_logger().error("daemon.stray", why=words, exc_info=error)


class _Libraries(logging.Handler):
    """A library's warnings: its name, and its words before values were put into them."""

    def emit(self, record: logging.LogRecord) -> None:
        words = str(record.msg).split("\n", 1)[0][:_LIBRARY_WORDS]
        error = record.exc_info[1] if record.exc_info else None
        get_logger().warning("library.said", library=record.name, words=words, exc_info=error)


def _tell_trace(_logger: Any, _method: str, event: Event) -> Event:
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["exception"] = trace(error)
    return event


def _silent_logger(*_args: Any) -> Any:
    """The journal processor has already written the line."""
    return structlog.ReturnLogger()


def _journal() -> Any:
    """A processor that writes to the journal, or None where systemd-python is not installed."""
    try:
        from systemd import journal  # optional extra, absent on most machines
    except ImportError:
        return None

    def send(_logger: Any, _method: str, event: Event) -> str:
        fields = dict(event)
        level = str(fields.pop("level", "info"))
        name = str(fields.pop("event", ""))
        values = {f"GW_{key.upper()}": str(value) for key, value in fields.items()}
        journal.send(
            _message(name, fields), PRIORITY=_PRIORITY[level], SYSLOG_IDENTIFIER="gatewayd", GW_EVENT=name, **values
        )
        return ""

    return send


def _message(name: str, fields: Event) -> str:
    return " ".join([name, *(f"{key}={value}" for key, value in fields.items() if key != "exception")])


def _text_line(_logger: Any, _method: str, event: Event) -> str:
    fields = dict(event)
    at, level, name = fields.pop("timestamp", ""), fields.pop("level", ""), fields.pop("event", "")
    trace = fields.pop("exception", "")
    line = f"{str(at)[11:19]} {level:<7} {_message(str(name), fields)}"
    return f"{line}\n{trace}" if trace else line


def _json_line(_logger: Any, _method: str, event: Event) -> str:
    fields = dict(event)
    out = {"at": fields.pop("timestamp", ""), "level": fields.pop("level", ""), "GW_EVENT": fields.pop("event", "")}
    out.update({f"GW_{key.upper()}": value for key, value in fields.items()})
    return json.dumps(out, ensure_ascii=False, default=str)


def _escape_values(_logger: Any, _method: str, event: Event) -> Event:
    """Nothing that came from outside may forge a line, move a cursor or turn the reading direction."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = escape(redact(value))
        elif key == "exception":
            event[key] = "\n".join(escape(line) for line in str(value).split("\n"))
    return event


def escape(value: str) -> str:
    """`value` with every control, bidi and line-separating character written as \\uXXXX."""
    if value.isprintable():
        return value
    return "".join(
        f"\\u{ord(char):04x}" if (not char.isprintable() or char in _BIDI) and char != " " else char for char in value
    )


def mask(address: str) -> str:
    """ "+6281200000101" → "0812****101"; "siti@example.ac.id" → "s***@example.ac.id"; one that was removed → "–"."""
    if address.startswith("hash:"):
        return "–"
    if "@" in address:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}***@{domain}"
    national = f"0{address[3:]}" if address.startswith("+62") else address
    return f"{national[:4]}****{national[-3:]}" if len(national) > 7 else "****"
