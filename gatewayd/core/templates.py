"""Texts that a publishing system may send without approval: the templates that an operator has read.

In: the text of a job before merging, what is merged into it, and the templates of the settings. Blanks and line ends
do not tell texts apart. A merged value is a name, a room, an hour: a longer one, or one with a link in it, could say
anything, and a person must see it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from gatewayd.core.caution import has_link

#: Characters of a merged value.
LONGEST_VALUE: Final = 60


def is_template(texts: Iterable[str], values: Iterable[str], templates: Sequence[str]) -> bool:
    """Whether each of `texts` is one of `templates`, and every merged value is short; True where there are none."""
    known = {_plain(template) for template in templates}
    return not known or (all(_plain(text) in known for text in texts) and all(map(_is_short, values)))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _is_short(value: str) -> bool:
    return len(value) <= LONGEST_VALUE and "\n" not in value and not has_link(value)
