"""The board: figures that add up, each of which opens the list behind it, and how the last weeks went."""

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from database.engine import DATABASE_AWAY, reading
from database.figures import NOBODY
from database.reference import Reference
from documents.dates import short_day
from documents.language import N_, sentence
from documents.sentences import refusal_sentence
from models.local_time import local_day
from models.refusal import Refused
from models.timeliness import Figures
from services.asking import Board, board
from services.completed_figures import CompletedFigures
from services.office import Office
from services.trends import Trends, Week
from web.charts import Chart, bars_and_line
from web.door import reader_of
from web.pages.list_query import LONGEST_VALUE, ListQuery
from web.rendering import Reader, View, page

PERIODS: Final[dict[str, str]] = {
    "": N_("mọi thời gian"),
    "year": N_("năm nay"),
    "quarter": N_("quý này"),
    "month": N_("tháng này"),
    "days": N_("từ ngày đến ngày"),
}
SHORT_WAYS: Final = ("", "year", "quarter")
"""Stretches of time that one choice leads to, and that most ask for."""

BY: Final[dict[str, str]] = {"registered": N_("theo ngày đăng ký"), "due": N_("theo thời hạn")}
NARROWED_BY: Final = ("agency", "field", "leader")

COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("total", N_("Tổng")),
    ("open", N_("Chưa xong")),
    ("on_time", N_("Trong hạn")),
    ("due_soon", N_("Sắp đến hạn")),
    ("overdue", N_("Quá hạn")),
    ("completed_on_time", N_("Xong đúng hạn")),
    ("completed_late", N_("Xong trễ hạn")),
)


@dataclass(frozen=True)
class Cell:
    """A figure and the list of exactly what it counts."""

    number: int
    link: str
    red: bool


@dataclass(frozen=True)
class Row:
    """A row of figures; `rate` is the share of overdue ones in per cent."""

    name: str
    cells: tuple[Cell, ...]
    rate: str


@dataclass(frozen=True)
class Table:
    """The figures by one axis, the worst first."""

    axis: str
    title: str
    rows: tuple[Row, ...]
    sums: Row


@dataclass(frozen=True)
class BoardView(View):
    """The figures of a stretch of time."""

    board: Board
    refused: str
    asked: Mapping[str, str]
    told: str
    periods: tuple[tuple[str, str], ...]
    ways: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    tables: tuple[Table, ...]
    apart: tuple[tuple[str, Cell], ...]
    weeks: tuple[Week, ...]
    chart: Chart
    meeting: str
    today: str


def board_routes(office: Office) -> APIRouter:
    """The page `/board`."""
    router = APIRouter(include_in_schema=False)
    trends, completed = Trends(), CompletedFigures()

    @router.get("/board")
    def show(request: Request) -> Response:
        asked = {name: value.strip()[:LONGEST_VALUE] for name, value in request.query_params.items() if value.strip()}
        reader = reader_of(request, office)
        answer = _board_page(office, trends, completed, reader, asked)
        if asked.get("period", "") in SHORT_WAYS:  # who looks at one of them is about to look at the others
            answer.background = BackgroundTask(_prepare, office, trends, completed, reader, asked)
        return answer

    return router


def _prepare(
    office: Office, trends: Trends, completed: CompletedFigures, reader: Reader, asked: Mapping[str, str]
) -> None:
    """Count what takes long for the other stretches of time, so that nobody waits for it."""
    with contextlib.suppress(*DATABASE_AWAY, Refused), reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        for period in SHORT_WAYS:
            base, _ = _narrowed({**asked, "period": period}, local_day(now))
            only = ListQuery({**base, "all": "1"}).filter(reader, reference, now)
            trends.count_weeks(connection, now, only)
            completed.count(connection, now, only)


def period_days(asked: Mapping[str, str], today: dt.date) -> tuple[str, str]:
    """The first and the last day of the stretch that is asked for, as a filter takes them; empty where it is open."""
    match asked.get("period", ""):
        case "year":
            first, last = today.replace(month=1, day=1), today.replace(month=12, day=31)
        case "quarter":
            first = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
            last = _end_of_month(first.replace(month=first.month + 2))
        case "month":
            first, last = today.replace(day=1), _end_of_month(today)
        case "days":
            return asked.get("from", ""), asked.get("to", "")
        case _:
            return "", ""
    return first.isoformat(), last.isoformat()


def _end_of_month(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def _board_page(
    office: Office, trends: Trends, completed: CompletedFigures, reader: Reader, asked: Mapping[str, str]
) -> Response:
    told = ""
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        today = local_day(now)
        by = _by(asked)
        base, stretch = _narrowed(asked, today)
        try:
            only = ListQuery({**base, "all": "1"}).filter(reader, reference, now)
        except Refused as refused:
            told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
            base = {}
            only = ListQuery({"all": "1"}).filter(reader, reference, now)
        whole = board(connection, now, only, completed.axes)
        weeks = trends.weeks(connection, now, only, whole.figures.overdue)
    language = reader.language
    view = BoardView(
        board=whole,
        refused=told,
        asked={name: asked.get(name, "") for name in ("period", "from", "to", *NARROWED_BY)} | {"by": by},
        told=_told(base, stretch, by, reader),
        periods=tuple((value, sentence(title, language)) for value, title in PERIODS.items()),
        ways=tuple((value, sentence(title, language)) for value, title in BY.items()),
        columns=tuple(sentence(title, language) for _figure, title in COLUMNS),
        tables=_tables(whole, base, reference, reader),
        apart=_apart(whole.figures, base),
        weeks=weeks,
        chart=bars_and_line(
            [f"{week.last:%d/%m}" for week in weeks],
            [[week.entered for week in weeks], [week.completed for week in weeks]],
            [week.overdue for week in weeks],
        ),
        meeting=ListQuery(base).address(path="/board/meeting"),
        today=short_day(today),
    )
    return page("board.html", language, reader, view, status=422 if told else 200)


def _by(asked: Mapping[str, str]) -> str:
    return "due" if asked.get("by") == "due" else "registered"


def _narrowed(asked: Mapping[str, str], today: dt.date) -> tuple[dict[str, str], dict[str, str]]:
    """The filter of the lists behind the board, and the first and last day of its stretch of time."""
    by = _by(asked)
    first, last = period_days(asked, today)
    stretch = {f"{by}_from": first, f"{by}_until": last}
    base = {name: asked[name] for name in NARROWED_BY if name in asked} | {
        name: value for name, value in stretch.items() if value and not _says_nothing(name, value, today)
    }
    return base, stretch


def _says_nothing(name: str, value: str, today: dt.date) -> bool:
    """Whether nothing can lie after this day: it would only make a thousand links longer."""
    return name == "registered_until" and value >= today.isoformat()


def _told(base: Mapping[str, str], stretch: Mapping[str, str], by: str, reader: Reader) -> str:
    """Say of which stretch of time the figures are."""
    days = [value for name, value in stretch.items() if name in base]
    if not days:
        return ""
    first, last = stretch.values()
    title = {
        "registered": N_("Nhiệm vụ đăng ký từ {first} đến {last}"),
        "due": N_("Nhiệm vụ đến hạn từ {first} đến {last}"),
    }[by]
    return sentence(title, reader.language, first=_shown(first), last=_shown(last))


def _shown(day: str) -> str:
    try:
        return short_day(dt.date.fromisoformat(day))
    except ValueError:
        return day or "…"


def _tables(whole: Board, base: Mapping[str, str], reference: Reference, reader: Reader) -> tuple[Table, ...]:
    directory, language = reference.directory, reader.language

    def field_name(code: str | None) -> str:
        field = directory.field(code)
        return field.name if field else code or ""

    axes = (
        ("agency", N_("Theo cơ quan chủ trì"), N_("Chưa phân công"), whole.by_agency, directory.agency_name),
        ("field", N_("Theo lĩnh vực"), N_("Chưa xác định lĩnh vực"), whole.by_field, field_name),
        (
            "leader",
            N_("Theo lãnh đạo phụ trách"),
            N_("Chưa có lãnh đạo phụ trách"),
            whole.by_leader,
            directory.person_name,
        ),
    )
    return tuple(
        Table(
            axis=axis,
            title=sentence(title, language),
            rows=tuple(
                _row(name_of(code) if code else sentence(none, language), figures, {**base, axis: code or NOBODY})
                for code, figures in groups
            ),
            sums=_row(sentence(N_("Cộng"), language), whole.figures, base),
        )
        for axis, title, none, groups, name_of in axes
        if axis not in base
    )


def _row(name: str, figures: Figures, base: Mapping[str, str]) -> Row:
    cells = (
        Cell(getattr(figures, figure), _link({**base, "figure": figure}), figure == "overdue")
        for figure, _title in COLUMNS
    )
    return Row(name, tuple(cells), f"{100 * figures.overdue_rate:.1f}".replace(".", ","))


def _apart(figures: Figures, base: Mapping[str, str]) -> tuple[tuple[str, Cell], ...]:
    """What is counted apart."""
    return (
        (
            N_("Chưa xong, không thời hạn (đã tính trong hạn)"),
            Cell(figures.no_deadline_open, _link({**base, "timeliness": "no_deadline"}), red=False),
        ),
        (
            N_("Đã hủy (không tính vào tổng)"),
            Cell(figures.cancelled, _link({**base, "status": "cancelled"}), red=False),
        ),
    )


def _link(given: Mapping[str, str]) -> str:
    return f"/directives?{urlencode(given)}"
