"""The closest names to one that nobody knows: only ever suggested, never taken."""

import datetime as dt

from rapidfuzz import fuzz, process

from models.directory import Directory
from models.text import fold_key

HOW_MANY = 3


def closest_agencies(text: str, directory: Directory, day: dt.date) -> tuple[str, ...]:
    """The three agencies of that day whose name or alias is closest, by name."""
    names = {
        fold_key(name): agency.name
        for agency in directory.agencies
        if agency.holds_on(day)
        for name in (agency.name, *agency.aliases)
    }
    return _closest(text, names)


def closest_people(text: str, directory: Directory) -> tuple[str, ...]:
    """The three people whose code or name is closest, by code."""
    names = {fold_key(name): person.code for person in directory.people for name in (person.code, person.name)}
    return _closest(text, names)


def _closest(text: str, names: dict[str, str]) -> tuple[str, ...]:
    found = process.extract(fold_key(text), names.keys(), scorer=fuzz.WRatio, limit=4 * HOW_MANY)
    return tuple(dict.fromkeys(names[key] for key, _score, _index in found))[:HOW_MANY]
