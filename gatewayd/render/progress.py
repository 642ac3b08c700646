"""How far a request is, in sentences, for the answer to STATUS: what `gatewayd watch` shows in a line.

In: an Underway (core/underway.py), or None. Out: sentences in one language.
"""

from gatewayd.core.underway import Underway
from gatewayd.render.voice import Voice


def shown_progress(one: Underway | None, voice: Voice) -> tuple[str, ...]:
    """Nothing where it is not being sent; neither rate nor end where they are not known."""
    if one is None:
        return ()
    say, loc = voice.words.say, voice.loc
    found = [
        say(
            "Handled so far: %(handled)s of %(total)s (%(percent)s).", handled=loc.number(one.handled),
            total=loc.number(one.total), percent=loc.percent(one.handled, one.total),
        )
    ]  # fmt: skip
    if one.handled == one.total:
        return (*found, say("It waits for status reports."))
    if one.per_minute is not None:
        found.append(say("Speed: %(rate)s a minute.", rate=loc.number(round(one.per_minute))))
    if one.ends_at is not None:
        found.append(say("Expected end: %(end)s.", end=loc.moment(one.ends_at)))
    return tuple(found)
