"""The two languages and the catalog between them; what people read is composed in documents/language.py.

The Vietnamese sentence is the msgid, so Vietnamese needs no catalog and can never be missing.
"""

import gettext
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

CATALOG_DOMAIN: Final = "dondoc"
LOCALE_FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"


class Language(StrEnum):
    """The language that a person reads."""

    VI = "vi"
    EN = "en"


def N_(msgid: str) -> str:  # noqa: N802  (gettext's own name for "mark, do not translate yet")
    """Mark a sentence that stands in a table, so that the catalog has it; return it unchanged."""
    return msgid


def translated(msgid: str, language: Language) -> str:
    """Find the sentence of `msgid` in `language`, holes still open.

    Args:
        msgid: the Vietnamese sentence.
        language: what the person reads; a sentence not yet translated stays Vietnamese.
    """
    return msgid if language is Language.VI else _catalog(language).gettext(msgid)


@cache
def _catalog(language: Language) -> gettext.NullTranslations:
    return gettext.translation(CATALOG_DOMAIN, localedir=LOCALE_FOLDER, languages=[language.value])
