"""Which files of a form's mail go out with its e-mails, by the settings; and their bytes, cut out in a child.

A Word document goes along only where the recipients were given as a list: else it may be that list, and the whole
directory would get it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from gatewayd import sandbox
from gatewayd.core.form import FormReading
from gatewayd.core.model import Channel, Enclosure, Fault
from gatewayd.stages.context import Context
from gatewayd.store import mails
from gatewayd.wire.enclosures import NO_FORM, WORD, request_for

_CHILD: Final = "gatewayd.wire.enclosures:extract"
_LIMITS: Final = sandbox.Limits(answer=32 * 1024 * 1024)


def going_along(reading: FormReading, most: int) -> tuple[Enclosure, ...]:
    """The files of the form as it is now, corrections merged; none where `most` bytes are 0."""
    if not most or reading.channel is not Channel.EMAIL:
        return ()
    return tuple(one for one in reading.enclosures if one.kind != WORD or reading.list_given)


def faults(enclosed: Iterable[Enclosure], most: int) -> list[Fault]:
    total = sum(one.size for one in enclosed)
    return [Fault("attachment", "enclosure.too_big", f"{total} > {most}")] if total > most else []


def named(fault: Fault, reading: FormReading) -> Fault:
    """What is said of a file that stays behind: beside a list nobody takes it for one."""
    offered = {one.place for one in reading.enclosures} if reading.list_given else set()
    return replace(fault, code="enclosure.off") if offered and fault.code in NO_FORM else fault


def arrived(form: FormReading, enclosed: Sequence[Enclosure]) -> tuple[Enclosure, ...]:
    """Those of them that came with this very form."""
    return tuple(one for one in enclosed if one in form.enclosures)


def places(form: FormReading, enclosed: Sequence[Enclosure]) -> frozenset[int]:
    return frozenset(one.place for one in arrived(form, enclosed))


async def contents(ctx: Context, mail: int, wanted: Sequence[Enclosure]) -> dict[str, bytes]:
    """SHA-256 → bytes. Raises SandboxError."""
    if not wanted:
        return {}
    original = await ctx.db.run(mails.original, mail)
    answer = await sandbox.call(_CHILD, request_for([one.place for one in wanted], original.raw), _LIMITS)
    found: dict[str, bytes] = {}
    for one in wanted:
        found[one.sha256], answer = answer[: one.size], answer[one.size :]
    return found
