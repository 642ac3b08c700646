"""The catalogues: English sentences are the keys, catalogues/<language>/LC_MESSAGES/gatewayd.mo holds the others.

scripts/catalogues takes the sentences out of the sources and templates and compiles them; a test compares.
"""

import gettext
from functools import lru_cache
from pathlib import Path
from typing import Final

from gatewayd.render.views import Language

DOMAIN: Final = "gatewayd"
FOLDER: Final = Path(__file__).parent / "catalogues"


def N_(sentence: str) -> str:
    """Mark a sentence of a table for the catalogues; it is translated where it is used."""
    return sentence


@lru_cache(maxsize=4)
def translations(language: Language) -> gettext.NullTranslations:
    """The sentences of `language`. English needs no catalogue."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, [language])
