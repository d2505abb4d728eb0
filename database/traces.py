"""Where a person's name or address stands in the database, whatever the table; putting another word in its place."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    TypeDecorator,
    and_,
    cast,
    func,
    or_,
    select,
    update,
)

from models.tables import COMMAND, DIRECTIVE, LEDGER, METADATA, POLICY_VERSION
from models.text import fold_key

RECORD: Final = frozenset({LEDGER, DIRECTIVE, COMMAND, POLICY_VERSION})
"""What is proved by hashes, follows from what is, or is the office's own rule: it is searched and never rewritten."""


def text_columns() -> Iterator[tuple[Table, Column[str]]]:
    """Every column of every table in which a text can stand."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            kept_as = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
            if isinstance(kept_as, String | JSON):
                yield table, column


def rows_with(connection: Connection, words: Iterable[str]) -> dict[str, int]:
    """In how many rows one of these words stands, by `table.column`; places without any are left out.

    A word is found as written, in capitals or small letters, escaped in JSON, and folded as in search keys.
    """
    ways = _ways(words)
    found: dict[str, int] = {}
    if not ways:
        return found
    for table, column in text_columns():
        statement = select(func.count()).select_from(table).where(_holds(column, ways))
        if number := connection.execute(statement).scalar_one():
            found[f"{table.name}.{column.name}"] = number
    return found


def replace_words(connection: Connection, words: Iterable[str], instead: str) -> dict[str, int]:
    """Put another text in the place of these words wherever they stand as whole words, the record excepted.

    Returns: how many rows were changed, by `table.column`.
    """
    known = sorted(set(words), key=len, reverse=True)
    changed: dict[str, int] = {}
    if not known:
        return changed
    written = "|".join(re.escape(way) for word in known for way in (word, _escaped(word)))
    pattern = re.compile(rf"(?<!\w)(?:{written})(?!\w)", re.IGNORECASE)
    ways = _ways(known)
    for table, column in text_columns():
        if table in RECORD or column.primary_key or isinstance(column.type, JSON):
            continue
        keys = list(table.primary_key)
        for *key, text in connection.execute(select(*keys, column).where(_holds(column, ways))).all():
            fresh = pattern.sub(instead, text)
            if fresh == text:
                continue
            this = and_(*(one == value for one, value in zip(keys, key, strict=True)))
            connection.execute(update(table).where(this).values({column: fresh}))
            changed[f"{table.name}.{column.name}"] = changed.get(f"{table.name}.{column.name}", 0) + 1
    return changed


def _ways(words: Iterable[str]) -> frozenset[str]:
    ways = {way for word in words if word for way in (word, word.upper(), word.lower(), fold_key(word))}
    return frozenset(ways | {_escaped(way) for way in ways})


def _escaped(word: str) -> str:
    return json.dumps(word)[1:-1]


def _holds(column: Column[str], ways: frozenset[str]) -> ColumnElement[bool]:
    text = cast(column, String) if isinstance(column.type, JSON) else column
    return or_(*(text.contains(way, autoescape=True) for way in sorted(ways)))
