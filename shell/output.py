"""Printing: tables for people, plain when piped, JSON with stable keys for machines."""

import datetime as dt
import json
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

PLAIN_WIDTH = 160
"""Characters of a line when nobody looks at a terminal."""


def console(*, errors: bool = False) -> "Console":
    """A console: coloured for a terminal, plain text otherwise."""
    from rich.console import Console

    stream: IO[str] = sys.stderr if errors else sys.stdout
    if stream.isatty():
        return Console(file=stream, highlight=False)
    return Console(file=stream, highlight=False, no_color=True, force_terminal=False, width=PLAIN_WIDTH)


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Print as JSON, Vietnamese letters as they are where the stream can hold them."""
    try:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
    except UnicodeEncodeError:
        sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def print_lines(*lines: str) -> None:
    """Print plain lines; what a terminal would obey instead of show is made visible."""
    for line in lines:
        _write(sys.stdout, line)


def complain(line: str) -> None:
    """Print one sentence on stderr."""
    _write(sys.stderr, line)


def _write(stream: TextIO, line: str) -> None:
    """Write a line; letters that the stream cannot hold, as under an old locale, by their numbers."""
    text = _visible(line) + "\n"
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)


def print_table(titles: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """Print a table for people; piped, a line a row with tabs between, so that other tools can cut it."""
    if not sys.stdout.isatty():
        print_lines("\t".join(titles), *("\t".join(_plain(cell) for cell in row) for row in rows))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", header_style="bold", expand=False)
    for place, heading in enumerate(titles):
        numbers = bool(rows) and all(isinstance(row[place], int | float) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_plain(cell, keep_lines=True)) for cell in row))
    console().print(table)


def _plain(cell: object, *, keep_lines: bool = False) -> str:
    text = _visible("" if cell is None else str(cell))
    return text if keep_lines else " ".join(text.split())


def progress() -> "Progress":
    """A progress bar on stderr; silent when nobody looks at a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(errors=True),
        disable=not sys.stderr.isatty(),
    )


def iso(instant: dt.datetime) -> str:
    """An instant for machines: ISO 8601, in UTC."""
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
