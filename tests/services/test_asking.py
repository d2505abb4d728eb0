"""Lists, board, history and inbox say what the ledger says, at the cost of a few statements."""

import datetime as dt
from dataclasses import replace

import pytest
from builders import a_deadline, local
from real_office import RealOffice
from sqlalchemy import Connection
from standing_office import StandingOffice, counted_statements

from database.engine import reading, writing
from database.figures import Filter
from database.ledger import read_all
from models import commands as c
from models.directive import Directive
from models.life import fold as fold_rows
from models.refusal import Code, Refused
from models.sight import Scope
from models.text import fold
from models.timeliness import Figures, count, timeliness
from models.vocabulary import Status, Timeliness, Urgency
from services.asking import (
    Order,
    Sort,
    Standing,
    board,
    history_of,
    list_directives,
    next_of,
    page_of,
    status_of,
)
from services.filters import make_filter
from services.inbox import inbox_of, mark_read

FRIDAY = "Fri 2026-03-20"
"""The day on which the deadlines lie that midnight makes overdue."""


@pytest.fixture
def busy(office: StandingOffice, door: RealOffice) -> StandingOffice:
    """Directives of every status and timeliness, of several agencies, fields and leaders."""
    day_of_deadline = a_deadline("2026-03-20", "Friday")

    def new(code: str, *, acknowledged: bool = False, **changes: object) -> None:
        door.at("Wed 2026-03-04 09:00").register(
            code, acknowledged=acknowledged, **{"deadline": day_of_deadline, **changes}
        )

    def go(code: str, person: str, *steps: c.Command) -> None:
        for step in steps:
            door.later(minutes=1).act(code, step, person)

    new("D-01-assigned")
    new("D-02-not-handed-out", lead_agency=None)
    new("D-03-in-progress", acknowledged=True, supervising_leader="pct.vanxa")
    new("D-04-no-deadline", deadline=None, lead_agency="STC", field=None)
    new("D-05-at-an-hour", deadline=a_deadline("2026-03-20 10:00"), lead_agency="STC", field="tai-chinh-ngan-sach")
    new("D-06-far", deadline=a_deadline("2026-06-30"), urgency=Urgency.FLASH)
    new("D-07-submitted", acknowledged=True)
    go("D-07-submitted", "truong.syt", c.Submit(result="Báo cáo 1"))
    new("D-08-submitted-late", acknowledged=True, deadline=a_deadline("2026-03-05"))
    door.at("Mon 2026-03-09 10:00")
    go("D-08-submitted-late", "truong.syt", c.Submit(result="Báo cáo 2"))
    new("D-09-done", acknowledged=True)
    go("D-09-done", "truong.syt", c.Submit(result="Báo cáo 3"))
    go("D-09-done", "chanhvanphong", c.Accept())
    new("D-10-done-late", acknowledged=True, deadline=a_deadline("2026-03-05"))
    door.at("Mon 2026-03-09 11:00")
    go("D-10-done-late", "truong.syt", c.Submit(result="Báo cáo 4"))
    go("D-10-done-late", "chanhvanphong", c.Accept())
    new("D-11-done-without-deadline", acknowledged=True, deadline=None)
    go("D-11-done-without-deadline", "truong.syt", c.Submit(result="Báo cáo 5"))
    go("D-11-done-without-deadline", "chanhvanphong", c.Accept())
    new("D-12-declined")
    go("D-12-declined", "truong.syt", c.Decline(reason="Không thuộc chức năng"))
    new("D-13-suspended", acknowledged=True)
    go("D-13-suspended", "chutich", c.Suspend(reason="Chờ ý kiến Bộ"))
    new("D-14-cancelled")
    go("D-14-cancelled", "chutich", c.Cancel(reason="Thu hồi"))
    new("D-15-long-overdue", deadline=a_deadline("2026-03-05"), content="Giải ngân 100% vốn đầu tư_công")
    door.at("Fri 2026-03-20 08:00").tell_all()
    return office


def figures_of(connection: Connection, office: StandingOffice, now: dt.datetime) -> Figures:
    """What the ledger alone says."""
    folded = [fold_rows(rows) for _code, rows in read_all(connection)]
    return count([one for one in folded if one is not None], office.reference().calendar, now)


def listed(office: StandingOffice, only: Filter = Filter(), now: str = f"{FRIDAY} 09:00") -> list[str]:  # noqa: B008
    with reading(office.engine) as connection:
        return [one.directive.code[:4] for one in list_directives(connection, only, local(now))]


INSTANTS = [
    "Tue 2026-03-17 00:00",
    f"{FRIDAY} 09:59",
    f"{FRIDAY} 10:00",
    f"{FRIDAY} 10:01",
    f"{FRIDAY} 23:30",
    "Sat 2026-03-21 00:00",
    "Sat 2026-03-21 00:30",
    "Wed 2026-07-01 00:30",
]


@pytest.mark.parametrize("instant", INSTANTS)
def test_the_board_is_the_fold_of_the_ledger_at_any_instant(busy: StandingOffice, instant: str) -> None:
    now = local(instant)

    with reading(busy.engine) as connection:
        whole = board(connection, now)

        assert whole.figures == figures_of(connection, busy, now)
    assert whole.as_of == now


def test_midnight_makes_overdue_what_was_due_that_day_and_list_and_board_agree(busy: StandingOffice) -> None:
    counted = {}
    for instant in (f"{FRIDAY} 23:30", "Sat 2026-03-21 00:30"):
        with reading(busy.engine) as connection:
            figures = board(connection, local(instant)).figures
            standings = list(list_directives(connection, Filter(), local(instant)))
        assert figures.overdue == sum(one.timeliness is Timeliness.OVERDUE for one in standings)
        assert figures.open == sum(not one.directive.closed for one in standings)
        counted[instant[:3]] = figures.overdue

    # At 23:30: D-05 (10:00), D-08 (handed in late) and D-15; at 00:30 also D-01, D-02, D-03 and D-12.
    assert counted == {"Fri": 3, "Sat": 7}


def test_each_row_of_a_list_is_judged_as_the_rules_judge_it(busy: StandingOffice) -> None:
    calendar = busy.reference().calendar
    for instant in INSTANTS:
        with reading(busy.engine) as connection:
            for one in list_directives(connection, Filter(), local(instant)):
                if local(instant) > one.directive.updated_at:
                    assert one.timeliness == timeliness(one.directive, calendar, local(instant)), one.directive.code


def test_all_figures_of_the_board_add_up(busy: StandingOffice) -> None:
    with reading(busy.engine) as connection:
        whole = board(connection, local(f"{FRIDAY} 09:00"))

    figures = whole.figures
    assert figures.total == 14
    assert figures.cancelled == 1
    assert sum(whole.by_status.values()) == figures.total
    assert Status.CANCELLED.value not in whole.by_status
    for groups in (whole.by_agency, whole.by_field, whole.by_leader):
        for name in ("total", "open", "on_time", "due_soon", "overdue", "completed_on_time", "completed_late"):
            assert sum(getattr(one, name) for _group, one in groups) == getattr(figures, name)
    assert (figures.no_deadline_open, figures.no_deadline_completed) == (1, 1)
    assert dict(whole.by_agency)[None].total == 1
    assert dict(whole.by_leader)["pct.vanxa"].total == 1


def test_the_group_with_most_overdue_comes_first(busy: StandingOffice) -> None:
    with reading(busy.engine) as connection:
        groups = board(connection, local("Sat 2026-03-21 00:30")).by_agency

    assert [group for group, _figures in groups] == ["SYT", "STC", None]
    assert [figures.overdue for _group, figures in groups] == [5, 1, 1]


def test_a_board_can_be_narrowed(busy: StandingOffice) -> None:
    with reading(busy.engine) as connection:
        whole = board(connection, local(f"{FRIDAY} 09:00"), Filter(agency="STC"))

    assert (whole.figures.total, [group for group, _ in whole.by_agency]) == (2, ["STC"])


# --- Cost ------------------------------------------------------------------------------------------------------


def costs(office: StandingOffice) -> list[int]:
    """Statements that each question takes."""
    now, reference = office.clock, office.reference()
    found = []
    for question in (
        lambda connection: board(connection, now),
        lambda connection: list(list_directives(connection, Filter(open_only=True), now)),
        lambda connection: list(list_directives(connection, Filter(text="dich"), now, limit=50, offset=5)),
        lambda connection: status_of(connection, "NV-2026-00001", now),
        lambda connection: next_of(connection, "NV-2026-00001", reference, now),
    ):
        with reading(office.engine) as connection, counted_statements(office.engine) as seen:
            question(connection)
        found.append(len(seen))
    return found


def test_a_question_takes_as_many_statements_for_1000_directives_as_for_10(office: StandingOffice) -> None:
    office.take(*(office.read(content=f"Việc {number}") for number in range(10)))
    for_ten = costs(office)

    office.take(*(office.read(content=f"Việc {number}") for number in range(10, 1_000)))

    assert costs(office) == for_ten
    assert sum(for_ten) <= 12


# --- Lists -----------------------------------------------------------------------------------------------------


def test_the_worst_come_first_and_what_is_done_last(busy: StandingOffice) -> None:
    codes = listed(busy)

    # Overdue by level and age; due soon by the due instant; then in time, then without a deadline, then the done.
    assert codes[:2] == ["D-15", "D-08"]
    assert codes[2] == "D-05"
    assert sorted(codes[3:7]) == ["D-01", "D-02", "D-03", "D-12"]
    assert codes.index("D-07") < codes.index("D-04") < codes.index("D-09")
    assert set(codes[-4:]) == {"D-09", "D-10", "D-11", "D-14"}
    assert len(codes) == 15


def test_pages_follow_one_another_without_gap_or_double(busy: StandingOffice) -> None:
    now = local(f"{FRIDAY} 09:00")
    with reading(busy.engine) as connection:
        pages = [
            [one.directive.code for one in list_directives(connection, Filter(), now, limit=4, offset=offset)]
            for offset in (0, 4, 8, 12, 16)
        ]
        whole = [one.directive.code for one in list_directives(connection, Filter(), now)]

    assert [code for page in pages for code in page] == whole
    assert pages[-1] == []


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize(
    "only",
    [
        Filter(),
        Filter(open_only=True),
        Filter(text="d-"),
        Filter(scope=Scope(agencies=frozenset({"SYT", "STC"}))),
        Filter(text="d-1", scope=Scope(agencies=frozenset({"SYT"}))),
        Filter(text="khong co o dau ca"),
    ],
    ids=["everything", "the open ones", "a text", "what agencies see", "a text in what an agency sees", "nothing"],
)
def test_a_page_has_its_part_of_the_list_and_the_number_of_all(
    busy: StandingOffice, only: Filter, sort: Sort, *, descending: bool
) -> None:
    now, order = local(f"{FRIDAY} 09:00"), Order(sort, descending, ("STC", "SYT"))
    with reading(busy.engine) as connection:
        whole = [one.directive.code for one in list_directives(connection, only, now, order=order)]
        last = max(1, -(-len(whole) // 4))
        pages = [page_of(connection, only, now, 4, number, order) for number in range(1, last + 1)]
        beyond, number = page_of(connection, only, now, 4, last + 7, order)

    assert [one.directive.code for page, _ in pages for one in page.standings] == whole
    assert {page.total for page, _ in pages} == {len(whole)}
    assert [number for _, number in pages] == list(range(1, last + 1))
    assert (beyond, number) == pages[-1], "beyond the end the last page is shown"


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"agency": "Sở Tài chính"}, {"D-04", "D-05"}),
        ({"agency": "stc", "timeliness": "due_soon"}, {"D-05"}),
        ({"timeliness": "overdue"}, {"D-08", "D-15"}),
        ({"timeliness": "completed_late"}, {"D-10"}),
        ({"timeliness": "no_deadline"}, {"D-04"}),
        ({"status": "declined"}, {"D-12"}),
        ({"status": "completed"}, {"D-09", "D-10", "D-11"}),
        ({"status": "cancelled"}, {"D-14"}),
        ({"field": "tài chính - ngân sách"}, {"D-05"}),
        ({"leader": "Nguyễn Bùi Thế Vinh"}, {"D-03"}),
        ({"leader": "pct.vanxa"}, {"D-03"}),
        ({"text": "giai ngan"}, {"D-15"}),
        ({"text": "GIẢI NGÂN"}, {"D-15"}),
        ({"text": "d-06-far"}, {"D-06"}),
    ],
)
def test_a_filter_takes_names_as_people_write_them(
    busy: StandingOffice, given: dict[str, str], codes: set[str]
) -> None:
    only = make_filter(given, busy.reference(), local(f"{FRIDAY} 09:00"), open_only=True)

    assert set(listed(busy, only)) == codes


def test_without_a_filter_the_open_ones_are_listed(busy: StandingOffice) -> None:
    reference, now = busy.reference(), local(f"{FRIDAY} 09:00")

    assert len(listed(busy, make_filter({}, reference, now, open_only=True))) == 11
    assert len(listed(busy, make_filter({}, reference, now, open_only=False))) == 15


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"agency": "Sở Y tê tỉnh"}, Code.UNKNOWN_AGENCY),
        ({"field": "Vũ trụ"}, Code.UNKNOWN_FIELD),
        ({"leader": "Ai đó"}, Code.UNKNOWN_PERSON),
        ({"timeliness": "late"}, Code.UNKNOWN_VALUE),
        ({"status": "done"}, Code.UNKNOWN_VALUE),
    ],
)
def test_a_filter_that_nobody_knows_is_refused(office: StandingOffice, given: dict[str, str], code: Code) -> None:
    with pytest.raises(Refused) as refused:
        make_filter(given, office.reference(), office.clock, open_only=True)

    assert refused.value.code is code


@pytest.mark.parametrize(
    ("text", "codes"),
    [("100%", ["D-15"]), ("1%0", []), ("1_0", []), ("%", ["D-15"]), ("\\", []), ("đầu tư công", ["D-15"])],
)
def test_percent_underscore_and_backslash_are_no_wildcards(busy: StandingOffice, text: str, codes: list[str]) -> None:
    assert listed(busy, Filter(text=fold(text), open_only=True)) == codes


def test_marks_between_words_do_not_matter_in_a_search(busy: StandingOffice) -> None:
    only = make_filter({"text": "vốn đầu-tư, công"}, busy.reference(), busy.clock, open_only=True)

    assert listed(busy, only) == ["D-15"]


@pytest.mark.parametrize("text", ["...", "-", "“”", ";"])
def test_a_search_for_nothing_but_marks_finds_nothing_rather_than_everything(busy: StandingOffice, text: str) -> None:
    assert listed(busy, make_filter({"text": text}, busy.reference(), busy.clock, open_only=True)) == []
    assert listed(busy, make_filter({"text": "  "}, busy.reference(), busy.clock, open_only=True)) != []


# --- One directive ---------------------------------------------------------------------------------------------


def test_where_one_stands_is_told_with_its_next_moment(busy: StandingOffice) -> None:
    with reading(busy.engine) as connection:
        standing = status_of(connection, "D-03-in-progress", local(f"{FRIDAY} 09:00"))

    assert (standing.timeliness, standing.awaiting_start) == (Timeliness.DUE_SOON, False)
    assert standing.seq == standing.directive.seq
    assert standing.following is not None
    assert standing.following.at == local("Mon 2026-03-23 08:00")
    assert (standing.following.step, standing.following.level) == ("+1", 1)


def test_what_comes_next_begins_with_the_next_moment(busy: StandingOffice) -> None:
    now = local(f"{FRIDAY} 09:00")
    with reading(busy.engine) as connection:
        standing: Standing = status_of(connection, "D-03-in-progress", now)
        directive, moments = next_of(connection, "D-03-in-progress", busy.reference(), now)

    assert isinstance(directive, Directive)
    assert moments[0] == standing.following
    assert [moment.level for moment in moments if moment.clock == "deadline"][:4] == [1, 2, 3, 4]


def test_history_is_the_ledger_in_its_order_and_empty_while_it_awaits_its_start(busy: StandingOffice) -> None:
    busy.take(busy.read(code="MOI"))
    with reading(busy.engine) as connection:
        kinds = [row.event.kind for row in history_of(connection, "D-09-done")]
        waiting = history_of(connection, "MOI")

    assert kinds == ["registered", "assigned", "acknowledged", "submitted", "accepted"]
    assert waiting == ()


def test_what_nobody_knows_is_not_found(office: StandingOffice) -> None:
    with reading(office.engine) as connection:
        for question in (
            lambda: status_of(connection, "KHONG-CO", office.clock),
            lambda: history_of(connection, "KHONG-CO"),
            lambda: next_of(connection, "KHONG-CO", office.reference(), office.clock),
        ):
            with pytest.raises(Refused) as refused:
                question()
            assert refused.value.code is Code.NOT_FOUND


# --- Inbox -----------------------------------------------------------------------------------------------------


def test_an_inbox_shows_the_newest_first_and_what_was_read(busy: StandingOffice) -> None:
    with reading(busy.engine) as connection:
        items = inbox_of(connection, "chuyenvien.syt")
    assert items == sorted(items, key=lambda one: (one.at, one.id), reverse=True)
    assert len(items) > 5

    with writing(busy.engine) as connection:
        assert mark_read(connection, "chuyenvien.syt", items[:1], busy.clock) == 1
        assert [item.id for item in inbox_of(connection, "chuyenvien.syt", unread_only=True)] == [
            item.id for item in items[1:]
        ]
        assert mark_read(connection, "chuyenvien.syt", items, busy.clock) == len(items) - 1
        assert mark_read(connection, "truong.syt", items, busy.clock) == 0

    with reading(busy.engine) as connection:
        assert inbox_of(connection, "chuyenvien.syt", unread_only=True) == []
        assert [one.read_at for one in inbox_of(connection, "chuyenvien.syt", limit=2)] == [busy.clock] * 2
        assert inbox_of(connection, "chuyenvien.stc", unread_only=True) != []


def test_a_filter_narrows_by_all_that_it_names() -> None:
    assert len(replace(Filter(), status="assigned", agency="SYT", text="x").conditions(local("2026-03-04 09:00"))) == 3
