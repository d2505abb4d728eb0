"""The list of directives: its filter, order and columns are in the address; views are saved, and it is exported."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from database.engine import reading, writing
from database.figures import NOBODY, Filter
from database.reference import Reference
from database.waiting import Waits
from documents.dates import short_day
from documents.export_workbook import MOST_IN_WORKBOOK
from documents.language import N_, Language, label, sentence
from documents.sentences import refusal_sentence
from models.local_time import local_day
from models.refusal import Refused
from models.tables import GREATEST_NUMBER
from models.text import sort_key
from models.vocabulary import Position, Status, Timeliness, Urgency
from services.asking import Order, Page, Standing, count_directives, page_of
from services.filters import LEVELS, NAMES
from services.office import Office
from services.saved_views import MOST, NAME_LETTERS, SavedView, TooManyViews, forget_view, save_view, saved_views
from web.door import reader_of
from web.list_files import csv_file, workbook_file
from web.pages.lines import Line, line_of
from web.pages.list_query import FLAGS, ListQuery
from web.pages.list_words import COLUMN_TITLES, FIGURE_TITLES, SORTED_BY, WAITING_TITLES, ListColumn
from web.rendering import Reader, View, page

A_PAGE: Final = 50
IN_SIGHT: Final = frozenset({"text", "timeliness", "status", "agency", "figure", *FLAGS})
"""Parts of the filter that are seen without opening the rest of the form."""


@dataclass(frozen=True)
class Heading:
    """The title of a column, with the link that sorts by it.

    Attributes:
        column: which one it is.
        sorted: `ascending`, `descending` or nothing, as ARIA calls it.
    """

    column: str
    title: str
    link: str
    sorted: str


@dataclass(frozen=True)
class Row:
    """A directive in the list, and its cells beside the code; `timeliness` is drawn from the line."""

    line: Line
    cells: tuple[tuple[ListColumn, str], ...]


@dataclass(frozen=True)
class Named:
    """A choice of a select: what stands in the address, and its name."""

    value: str
    name: str


@dataclass(frozen=True)
class Chip:
    """A part of the filter that has no entry in the form, with the link that takes it off."""

    name: str
    value: str
    told: str
    without: str


@dataclass(frozen=True)
class ListView(View):
    """A page of the list, with the filter that made it."""

    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    given: dict[str, str]
    narrowed: bool
    chips: tuple[Chip, ...]
    columns: tuple[tuple[ListColumn, str, bool], ...]
    sort: str
    total: int
    number: int
    pages: int
    before: str
    after: str
    refused: str
    query: str
    today: str
    views: tuple[SavedView, ...]
    name_letters: int
    statuses: tuple[Status, ...]
    judgements: tuple[Timeliness, ...]
    urgencies: tuple[Urgency, ...]
    levels: tuple[int, ...]
    agencies: tuple[str, ...]
    fields: tuple[Named, ...]
    leaders: tuple[Named, ...]


def listing_routes(office: Office) -> APIRouter:
    """The page `/directives`, its saved views and its exports."""
    router = APIRouter(include_in_schema=False)

    @router.get("/directives")
    def listed(request: Request) -> Response:
        return _list_page(office, reader_of(request, office), _asked(request))

    @router.get("/directives.xlsx")
    def workbook(request: Request) -> Response:
        return _workbook(office, reader_of(request, office), _asked(request))

    @router.get("/directives.csv")
    def lines(request: Request) -> Response:
        return _csv(office, reader_of(request, office), _asked(request))

    @router.post("/directives/views")
    def keep(request: Request, name: Annotated[str, Form()] = "", query: Annotated[str, Form()] = "") -> Response:
        reader, asked = reader_of(request, office), ListQuery.read(query[:4_000])
        told = ""
        try:
            with writing(office.engine) as connection:
                save_view(connection, reader.actor.person, name, asked.query(), office.now())
        except Refused as refused:
            told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
        except TooManyViews:
            told = sentence(N_("Mỗi người lưu tối đa {most} bộ lọc. Xóa bớt rồi lưu lại."), reader.language, most=MOST)
        if told:
            return _list_page(office, reader, asked, told)
        return RedirectResponse(asked.address(), 303)

    @router.post("/directives/views/delete")
    def forget(
        request: Request, view: Annotated[int, Form(ge=1, le=GREATEST_NUMBER)], query: Annotated[str, Form()] = ""
    ) -> Response:
        reader = reader_of(request, office)
        with writing(office.engine) as connection:
            forget_view(connection, reader.actor.person, view)
        return RedirectResponse(ListQuery.read(query[:4_000]).address(), 303)

    return router


def _asked(request: Request) -> ListQuery:
    return ListQuery.of(request.query_params.multi_items())


def _list_page(office: Office, reader: Reader, asked: ListQuery, told: str = "") -> Response:
    found = Page([], 0)
    status = 422 if told else 200
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        try:
            only = asked.filter(reader, reference, now)
        except Refused as refused:
            told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
            status = 422
        else:
            found, number = page_of(connection, only, now, A_PAGE, asked.number, asked.order(reference))
            asked = dataclasses.replace(asked, number=number)
        views = saved_views(connection, reader.actor.person)
    directory, language = reference.directory, reader.language
    view = ListView(
        headings=tuple(_heading(asked, column, language) for column in asked.shown),
        rows=tuple(
            Row(line_of(one, reference, now, language), _cells(one, asked.shown, reference, language))
            for one in found.standings
        ),
        given={name: asked.given.get(name, "") for name in (*NAMES, *FLAGS)},
        narrowed=any(name not in IN_SIGHT for name in asked.given),
        chips=_chips(asked, language),
        columns=tuple((one, sentence(COLUMN_TITLES[one], language), one in asked.shown) for one in ListColumn),
        sort=f"{'-' if asked.descending else ''}{asked.sort.value}",
        total=found.total,
        number=asked.number,
        pages=_pages(found.total),
        before=asked.address(asked.number - 1) if asked.number > 1 else "",
        after=asked.address(asked.number + 1) if asked.number < _pages(found.total) else "",
        refused=told,
        query=asked.query(),
        today=short_day(local_day(now)),
        views=views,
        name_letters=NAME_LETTERS,
        statuses=tuple(Status),
        judgements=tuple(Timeliness),
        urgencies=tuple(Urgency),
        levels=tuple(range(1, LEVELS + 1)),
        agencies=tuple(sorted((agency.name for agency in directory.agencies), key=sort_key)),
        fields=(*(Named(one.code, one.name) for one in directory.fields), _nobody(language)),
        leaders=_leaders(asked, reference, language),
    )
    return page("directives.html", language, reader, view, status=status)


def _pages(total: int) -> int:
    return max(1, -(-total // A_PAGE))


def _nobody(language: Language) -> Named:
    return Named(NOBODY, sentence(N_("chưa xác định"), language))


def _leaders(asked: ListQuery, reference: Reference, language: Language) -> tuple[Named, ...]:
    """The leaders of any day, since one who has left still supervised; the one that was asked for among them."""
    directory = reference.directory
    posts = (post.person for post in directory.posts if post.position in (Position.CHAIRMAN, Position.VICE_CHAIRMAN))
    chosen = asked.given.get("leader", NOBODY)
    codes = dict.fromkeys((*posts, *([] if chosen == NOBODY else [chosen])))
    return (*(Named(code, directory.person_name(code)) for code in codes), _nobody(language))


def _heading(asked: ListQuery, column: ListColumn, language: Language) -> Heading:
    sort = SORTED_BY.get(column)
    turned = ("descending" if asked.descending else "ascending") if sort is asked.sort else ""
    title = sentence(COLUMN_TITLES[column], language)
    return Heading(column.value, title, asked.sorted_by(sort) if sort else "", turned)


def _chips(asked: ListQuery, language: Language) -> tuple[Chip, ...]:
    """Parts that come from links alone: figures of the board, cards of one's work."""
    titles: dict[str, str] = {}
    if (figure := asked.given.get("figure")) in FIGURE_TITLES:
        titles["figure"] = FIGURE_TITLES[figure]
    if (waiting := asked.given.get("waiting")) in list(Waits):
        titles["waiting"] = WAITING_TITLES[Waits(waiting)]
    if asked.given.get("mine") == "1":
        titles["mine"] = N_("của tôi")
    return tuple(
        Chip(name, asked.given[name], sentence(title, language), asked.address(without=(name,)))
        for name, title in titles.items()
    )


def _cells(
    standing: Standing, columns: Iterable[ListColumn], reference: Reference, language: Language
) -> tuple[tuple[ListColumn, str], ...]:
    directive, directory = standing.directive, reference.directory
    field = directory.field(directive.field)
    texts = {
        ListColumn.CONTENT: directive.content,
        ListColumn.COORDINATING: "; ".join(map(directory.agency_name, directive.coordinating_agencies)),
        ListColumn.FIELD: field.name if field else "",
        ListColumn.LEADER: directory.person_name(directive.supervising_leader),
        ListColumn.DOCUMENT: directive.document.number,
        ListColumn.URGENCY: label(directive.urgency, language),
        ListColumn.PERCENT: "" if directive.percent is None else f"{directive.percent} %",
        ListColumn.REGISTERED: short_day(local_day(directive.registered_at)),
        ListColumn.UPDATED: short_day(local_day(directive.updated_at)),
    }
    return tuple((column, texts.get(column, "")) for column in columns)


# --- Exports -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    """A list that is to be exported."""

    only: Filter
    order: Order
    total: int
    name: str


def _wanted(office: Office, reader: Reader, asked: ListQuery) -> _Wanted:
    """What is to be exported.

    Raises:
        Refused: a name that nobody knows, or a day that is none.
    """
    with reading(office.engine) as connection:
        return _wanted_in(connection, office, reader, asked)


def _wanted_in(connection: Connection, office: Office, reader: Reader, asked: ListQuery) -> _Wanted:
    reference = office.reference(connection)
    now = office.now(reference)
    only = asked.filter(reader, reference, now)
    name = f"nhiem-vu-{local_day(now).isoformat()}"
    return _Wanted(only, asked.order(reference), count_directives(connection, only, now), name)


def _workbook(office: Office, reader: Reader, asked: ListQuery) -> Response:
    try:
        wanted = _wanted(office, reader, asked)
    except Refused:
        return _list_page(office, reader, asked)
    if wanted.total > MOST_IN_WORKBOOK:
        told = N_("Danh sách có {total} nhiệm vụ, quá {most} dòng của một tệp Excel. Lọc bớt, hoặc tải tệp CSV.")
        shown = sentence(told, reader.language, total=wanted.total, most=MOST_IN_WORKBOOK)
        return _list_page(office, reader, asked, shown)
    return workbook_file(office, wanted.only, wanted.order, wanted.name, reader.language)


def _csv(office: Office, reader: Reader, asked: ListQuery) -> Response:
    try:
        wanted = _wanted(office, reader, asked)
    except Refused:
        return _list_page(office, reader, asked)
    return csv_file(office, wanted.only, wanted.order, wanted.name, reader.language)
