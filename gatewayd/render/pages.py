"""Templates → text. The one Jinja environment of each language and form.

In: a template's name and its values. Out: text with LF line ends. HTML is escaped by itself; plain text is not,
since it is cleaned before (clean.py). Undefined names are errors.
"""

import re
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from gatewayd.log import mask
from gatewayd.render import safe
from gatewayd.render.catalogue import translations
from gatewayd.render.views import Language
from gatewayd.render.voice import Voice

#: Refused rows that one mail lists.
MOST_REFUSED: Final = 50
_BLANKS: Final = re.compile(r"\n{3,}")
_EXTENSIONS: Final = ("jinja2.ext.i18n",)


def text(template: str, voice: Voice, **values: object) -> str:
    """A plain-text page: no more than one blank line anywhere, one line end at the end."""
    page = _render(f"{template}.txt.j2", voice, autoescape=False, values=values)
    return _BLANKS.sub("\n\n", page).strip("\n") + "\n"


def html(template: str, voice: Voice, **values: object) -> str:
    """An HTML page."""
    return _render(f"{template}.html.j2", voice, autoescape=True, values=values)


def _render(name: str, voice: Voice, *, autoescape: bool, values: dict[str, Any]) -> str:
    page = _environment(voice.look.language, autoescape).get_template(name)
    return page.render(
        voice=voice, look=voice.look, words=voice.words, loc=voice.loc, most=MOST_REFUSED, **values,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _environment(language: Language, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("gatewayd.render"), autoescape=autoescape, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, extensions=_EXTENSIONS,
    )  # fmt: skip
    # The extension adds this method to the environment, which the type of Environment does not know.
    install: Any = environment
    install.install_gettext_translations(translations(language), newstyle=True)
    environment.filters |= {
        "mask": mask,
        "shorten": safe.shorten,
        "name_of": safe.name_of,
    }
    return environment
