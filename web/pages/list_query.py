"""The address of a list: its filter, order, columns and page, read from the query and written back into links."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode

from database.figures import Filter
from database.reference import Reference
from database.waiting import Waits
from models.text import sort_key
from services.asking import Order, Sort
from services.filters import NAMES, make_filter, one_of
from services.my_work import Kind, filter_of
from web.pages.list_words import AT_FIRST, ListColumn
from web.rendering import Reader

LAST_PAGE: Final = 100_000
LONGEST_VALUE: Final = 300
FLAGS: Final = ("all", "mine", "waiting")


@dataclass(frozen=True)
class ListQuery:
    """What is asked of the list.

    Attributes:
        given: the filter, by the names of `services.filters.NAMES`, `all`, `mine` and `waiting`; nothing that is empty.
        number: of the page, from 1.
    """

    given: dict[str, str] = field(default_factory=dict)
    sort: Sort = Sort.WORST
    descending: bool = False
    columns: tuple[ListColumn, ...] = ()
    number: int = 1

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]]) -> Self:
        """Read a query; what it does not know is left aside."""
        last = {name: value[:LONGEST_VALUE] for name, value in pairs if value.strip()}
        sort, page = last.get("sort", ""), last.get("page", "")
        chosen = {value for name, value in pairs if name == "columns"}
        return cls(
            given={name: last[name] for name in (*NAMES, *FLAGS) if name in last},
            sort=Sort(sort.removeprefix("-")) if sort.removeprefix("-") in list(Sort) else Sort.WORST,
            descending=sort.startswith("-"),
            columns=tuple(column for column in ListColumn if column.value in chosen),
            number=min(max(1, int(page)), LAST_PAGE) if page.isascii() and page.isdigit() and len(page) < 9 else 1,
        )

    @classmethod
    def read(cls, query: str) -> Self:
        """Read a query as it stands in an address."""
        return cls.of(parse_qsl(query, max_num_fields=200))

    @property
    def shown(self) -> tuple[ListColumn, ...]:
        """The columns of the table."""
        return self.columns or AT_FIRST

    def filter(self, reader: Reader, reference: Reference, now: dt.datetime) -> Filter:
        """The filter, within what the reader sees.

        Raises:
            Refused: a name that nobody knows, or a day that is none.
        """
        found = make_filter(self.given, reference, now, open_only=self.given.get("all") != "1")
        waits = one_of(Waits, self.given.get("waiting"))
        # Contributions are asked of those who do not lead.
        mine = self.given.get("mine") == "1" and waits is not Waits.CONTRIBUTE
        kind = Kind("", waits, mine=mine)
        own = filter_of(kind, reader.actor, reference.directory, reader.scope)
        return replace(own, **{**vars(found), "scope": reader.scope})

    def order(self, reference: Reference) -> Order:
        """The order."""
        agencies = reference.directory.agencies if self.sort is Sort.AGENCY else ()
        names = sorted(agencies, key=lambda agency: sort_key(agency.name))
        return Order(self.sort, self.descending, tuple(agency.code for agency in names))

    def query(self, *, without: Sequence[str] = ()) -> str:
        """The query, without the number of the page."""
        pairs = [(name, value) for name, value in self.given.items() if name not in without]
        if self.sort is not Sort.WORST or self.descending:
            pairs.append(("sort", f"{'-' if self.descending else ''}{self.sort.value}"))
        pairs += [("columns", column.value) for column in self.columns]
        return urlencode(pairs)

    def address(self, number: int = 1, path: str = "/directives", *, without: Sequence[str] = ()) -> str:
        """A page of this list."""
        page = urlencode({"page": number}) if number > 1 else ""
        query = "&".join(part for part in (self.query(without=without), page) if part)
        return f"{path}?{query}" if query else path

    def sorted_by(self, sort: Sort) -> str:
        """The same list in another order; the other way round when it has that one already."""
        turned = self.sort is sort and not self.descending
        return replace(self, sort=sort, descending=turned).address()
