"""The ways in which one Vietnamese name comes in: two Unicode forms, two places for a tone mark, three letters Đ."""

import unicodedata
from collections.abc import Iterator

TONES = "\u0300\u0309\u0303\u0301\u0323"
MOVED = ("oa", "oe", "uy")
"""Vowels over which the older school puts the tone on the first letter, the newer one on the second."""

KINDS_OF_D = ("\u0110\u0111", "\u00d0\u00f0", "\u0189\u0256")
"""The letter Đ, đ of the alphabet, the Icelandic one and the African one, all of which look alike."""


def writings(name: str) -> Iterator[str]:
    """A name in every form that means the same."""
    for placed in dict.fromkeys((name, tone_on(name, 0), tone_on(name, 1))):
        for upper, lower in KINDS_OF_D:
            letters = placed.replace("\u0110", upper).replace("\u0111", lower)
            for form in ("NFC", "NFD", "NFKD"):
                yield unicodedata.normalize(form, letters)
                yield unicodedata.normalize(form, letters.upper())
            yield f"  {letters.replace(' ', chr(0xA0))}\u200b "


def tone_on(name: str, letter: int) -> str:
    """Write the tone marks of oa, oe and uy at the end of a word on the first or the second letter."""
    return " ".join(_tone_on(word, letter) for word in name.split(" "))


def _tone_on(word: str, letter: int) -> str:
    parts = unicodedata.normalize("NFD", word)
    tone = next((mark for mark in parts if mark in TONES), "")
    bare = "".join(mark for mark in parts if mark not in TONES)
    if not tone or bare[-2:].lower() not in MOVED or bare[-3:-2].lower() == "q":
        return word
    place = len(bare) - 1 + letter
    return unicodedata.normalize("NFC", bare[:place] + tone + bare[place:])
