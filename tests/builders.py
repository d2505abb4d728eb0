"""What tests are made of: valid things that show only what matters, and histories made by commands."""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from models import commands as c
from models import events as e
from models.calendar import Calendar, CalendarRow, expand_off
from models.deadline import Deadline, make_deadline
from models.directive import Directive, SourceDocument
from models.directory import Absence, Agency, Directory, FieldOfWork, Person, Post, Succession
from models.life import decide, evolve, fold
from models.local_time import LOCAL
from models.moments import Moment
from models.policy import Policy, read_policy
from models.vocabulary import Opinion, Position, Role, Urgency

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CODE = "QNG-2026-0001"
SEED = Path(__file__).parent.parent / "database" / "seed"

OFFICE, LEAD, COORDINATING, OTHER = "VPUBND", "SYT", "STC", "SXD"
"""The Office; the agency that leads unless a test says otherwise; one that coordinates; one that does neither."""


# --- Time ----------------------------------------------------------------------------------------------------


def day(text: str, weekday: str) -> dt.date:
    """A date whose weekday the reader need not look up: it is checked."""
    found = dt.date.fromisoformat(text)
    assert WEEKDAYS[found.weekday()] == weekday, f"{text} is a {WEEKDAYS[found.weekday()]}, not a {weekday}"
    return found


def local(text: str) -> dt.datetime:
    """The instant, in UTC, of a local time such as "2026-03-20 08:00", or "Fri 2026-03-20 08:00", which is checked."""
    *weekday, date, clock = text.split()
    found = dt.datetime.fromisoformat(f"{date} {clock}")
    for name in weekday:
        day(date, next(full for full in WEEKDAYS if full.startswith(name)))
    return found.replace(tzinfo=LOCAL).astimezone(dt.UTC)


def clock_face(instant: dt.datetime) -> str:
    """An instant as `local` reads it: "Fri 2026-03-20 08:00"; seconds are shown when there are any."""
    found = instant.astimezone(LOCAL)
    return found.strftime("%a %Y-%m-%d %H:%M" + (":%S" if found.second or found.microsecond else ""))


def a_deadline(text: str, weekday: str | None = None) -> Deadline:
    """A deadline on a day ("2026-03-20"), or at an hour of it ("2026-03-24 10:00")."""
    date, _, hour = text.partition(" ")
    found = dt.date.fromisoformat(date) if weekday is None else day(date, weekday)
    return make_deadline(found, time=dt.time.fromisoformat(hour) if hour else None)


@cache
def a_calendar() -> Calendar:
    """The announced days of 2023, of 2026, and the swap of April 2024."""
    off = (
        *expand_off(day("2023-01-02", "Monday"), day("2023-01-02", "Monday"), "Nghỉ bù Tết Dương lịch"),
        *expand_off(day("2023-01-20", "Friday"), day("2023-01-26", "Thursday"), "Tết Nguyên đán"),
        *expand_off(day("2023-04-29", "Saturday"), day("2023-05-03", "Wednesday"), "Giỗ Tổ, 30/4, 1/5 và nghỉ bù"),
        *expand_off(day("2023-09-01", "Friday"), day("2023-09-04", "Monday"), "Quốc khánh"),
        *expand_off(day("2024-04-29", "Monday"), day("2024-05-01", "Wednesday"), "Hoán đổi, 30/4 và 1/5"),
        *expand_off(day("2026-01-01", "Thursday"), day("2026-01-02", "Friday"), "Tết Dương lịch"),
        *expand_off(day("2026-02-16", "Monday"), day("2026-02-20", "Friday"), "Tết Nguyên đán"),
        *expand_off(day("2026-04-27", "Monday"), day("2026-04-27", "Monday"), "Nghỉ bù Giỗ Tổ"),
        *expand_off(day("2026-04-30", "Thursday"), day("2026-05-01", "Friday"), "30/4 và 1/5"),
        *expand_off(day("2026-08-31", "Monday"), day("2026-09-02", "Wednesday"), "Hoán đổi, Quốc khánh"),
    )
    worked = tuple(
        CalendarRow(day=swapped, working=True, reason="Làm bù")
        for swapped in (
            day("2024-05-04", "Saturday"),
            day("2026-01-10", "Saturday"),
            day("2026-08-22", "Saturday"),
        )
    )
    return Calendar(rows=(*off, *worked), confirmed_years=frozenset({2023, 2024, 2026}))


# --- The policy ----------------------------------------------------------------------------------------------


def the_policy_data() -> dict[str, Any]:
    """The default policy as parsed YAML, anew at each call, to be changed by a test."""
    data: dict[str, Any] = yaml.safe_load((SEED / "policy.yaml").read_text(encoding="utf-8"))
    return data


@cache
def the_policy() -> Policy:
    """The default policy."""
    return read_policy(the_policy_data())


# --- The directory -------------------------------------------------------------------------------------------

_AGENCIES = (
    Agency(code="UBND", name="UBND tỉnh", kind="leadership"),
    Agency(code=OFFICE, name="Văn phòng UBND tỉnh", kind="office", aliases=("VP UBND tỉnh",)),
    Agency(code="TTT", name="Thanh tra tỉnh", kind="department"),
    Agency(code=LEAD, name="Sở Y tế", kind="department", aliases=("Sở YT",), field="y-te"),
    Agency(code=COORDINATING, name="Sở Tài chính", kind="department", field="ngan-sach"),
    Agency(code=OTHER, name="Sở Xây dựng", kind="department", field="giao-thong"),
    Agency(code="SGTVT", name="Sở Giao thông vận tải", kind="department", valid_until=dt.date(2025, 2, 28)),
    Agency(code="STTTT", name="Sở Thông tin và Truyền thông", kind="department", valid_until=dt.date(2025, 2, 28)),
    Agency(code="SKHCN", name="Sở Khoa học và Công nghệ", kind="department"),
    Agency(code="SVHTTDL", name="Sở Văn hóa, Thể thao và Du lịch", kind="department"),
    Agency(code="X-SONHA", name="UBND xã Sơn Hà", kind="commune", aliases=("xã Sơn Hà",)),
    Agency(code="X-SONHAJ", name="UBND xã Sơn Hạ", kind="commune", aliases=("xã Sơn Hạ",)),
)

_SUCCESSIONS = (
    Succession.model_validate({"from": "SGTVT", "to": OTHER, "on": "2025-03-01"}),
    Succession.model_validate({"from": "STTTT", "to": "SVHTTDL", "on": "2025-03-01", "fields": ["bao-chi"]}),
    Succession.model_validate({"from": "STTTT", "to": "SKHCN", "on": "2025-03-01"}),
)

_FIELDS = (
    FieldOfWork(code="y-te", name="Y tế", vice_chairman="pct.vanxa", monitoring_officer="theodoi.vanxa"),
    FieldOfWork(code="bao-chi", name="Báo chí", vice_chairman="pct.vanxa", monitoring_officer="theodoi.vanxa"),
    FieldOfWork(code="ngan-sach", name="Ngân sách", vice_chairman="pct.kinhte", monitoring_officer="theodoi.kinhte"),
    FieldOfWork(code="giao-thong", name="Giao thông", vice_chairman="pct.kinhte", monitoring_officer="theodoi.kinhte"),
)

_POSTS: tuple[tuple[str, str, Position], ...] = (
    ("chutich", "UBND", Position.CHAIRMAN),
    ("pct.vanxa", "UBND", Position.VICE_CHAIRMAN),
    ("pct.kinhte", "UBND", Position.VICE_CHAIRMAN),
    ("chanhvanphong", OFFICE, Position.CHIEF_OF_OFFICE),
    ("chanhvanphong", OFFICE, Position.HEAD),
    ("phochanhvanphong", OFFICE, Position.DEPUTY_CHIEF_OF_OFFICE),
    ("theodoi.vanxa", OFFICE, Position.MONITORING_OFFICER),
    ("theodoi.kinhte", OFFICE, Position.MONITORING_OFFICER),
    ("vanthu", OFFICE, Position.CLERK),
    ("quantri", OFFICE, Position.ADMINISTRATOR),
    ("thanhtra", "TTT", Position.INSPECTOR),
    *(
        (f"{title}.{agency.lower()}", agency, position)
        for agency in (LEAD, COORDINATING, OTHER)
        for title, position in (
            ("truong", Position.HEAD),
            ("pho", Position.DEPUTY_HEAD),
            ("chuyenvien", Position.OFFICER),
        )
    ),
)


def a_directory(
    *,
    absent: Mapping[str, str | None] | None = None,
    locked: Iterable[str] = (),
    without_posts: Iterable[str] = (),
    posts: Iterable[Post] = (),
    people: Iterable[Person] = (),
    successions: tuple[Succession, ...] = _SUCCESSIONS,
) -> Directory:
    """A small province: leaders, the Office, three departments with head, deputy head and officer.

    Args:
        absent: who is away, always, and the deputy who stands in.
        locked: people who neither act nor hear.
        without_posts: people who left all their posts.
        posts: more posts.
        people: more people.
    """
    left, shut = frozenset(without_posts), frozenset(locked)
    known = dict.fromkeys(person for person, _, _ in _POSTS)
    return Directory(
        agencies=_AGENCIES,
        successions=successions,
        people=(
            *(
                Person(code=code, name=f"Ông {code}", email=f"{code}@quangngai.example", locked=code in shut)
                for code in known
            ),
            *people,
        ),
        posts=(
            *(
                Post(person=person, agency=agency, position=position)
                for person, agency, position in _POSTS
                if person not in left
            ),
            *posts,
        ),
        fields=_FIELDS,
        absences=tuple(Absence(person=person, deputy=deputy) for person, deputy in (absent or {}).items()),
    )


# --- People who act ------------------------------------------------------------------------------------------

_AT_HOME: Mapping[Role, tuple[str, str]] = {
    Role.SECRETARIAT: ("theodoi.vanxa", OFFICE),
    Role.LEADER: ("pct.vanxa", "UBND"),
    Role.AGENCY: ("truong.syt", LEAD),
    Role.INSPECTOR: ("thanhtra", "TTT"),
    Role.ADMINISTRATOR: ("quantri", OFFICE),
}


def an_actor(role: Role = Role.SECRETARIAT, agency: str | None = None, person: str | None = None) -> c.Actor:
    """Somebody of a role in an agency: by default of the Office, the leaders, or the lead agency."""
    usual, home = _AT_HOME[role]
    agency = agency or home
    if person is None:
        person = f"truong.{agency.lower()}" if role is Role.AGENCY else usual
    agencies = frozenset({agency})
    return c.Actor(person=person, roles=frozenset({role}), agencies=agencies, connected_agencies=agencies)


SECRETARIAT = an_actor(Role.SECRETARIAT)
LEADER = an_actor(Role.LEADER)
LEAD_AGENCY = an_actor(Role.AGENCY, LEAD)
COORDINATING_AGENCY = an_actor(Role.AGENCY, COORDINATING)
OTHER_AGENCY = an_actor(Role.AGENCY, OTHER)
INSPECTOR = an_actor(Role.INSPECTOR)
ADMINISTRATOR = an_actor(Role.ADMINISTRATOR)


# --- Histories, made by commands -----------------------------------------------------------------------------


def recorded(
    directive: Directive | None,
    command: c.Command,
    actor: c.Actor,
    at: dt.datetime,
    *,
    code: str = CODE,
    command_id: str = "",
) -> tuple[e.Recorded, ...]:
    """The ledger rows that a command adds; a refused one raises `Refused`."""
    last = directive.seq if directive else 0
    return tuple(
        e.Recorded(
            directive=directive.code if directive else code,
            seq=last + 1 + part,
            at=at,
            actor=actor.person,
            on_behalf_of=actor.on_behalf_of,
            command_id=command_id or f"command-{last + 1}",
            part=part,
            event=event,
        )
        for part, event in enumerate(decide(directive, command, actor, at))
    )


def apply(directive: Directive, command: c.Command, actor: c.Actor, at: dt.datetime | str) -> Directive:
    """The directive after a command at an instant (or a local time such as "2026-03-20 08:00")."""
    instant = local(at) if isinstance(at, str) else at
    after = fold(recorded(directive, command, actor, instant), directive)
    assert after is not None
    return after


def told_rows(
    directive: Directive,
    moments: Iterable[Moment],
    at: dt.datetime,
    recipients: Mapping[str, tuple[e.Recipient, ...]] | None = None,
) -> tuple[e.Recorded, ...]:
    """The ledger rows by which moments are told: the highest on its own, the others merged into it.

    Args:
        recipients: who hears, by the moment's key.
    """
    reached = tuple(moments)
    highest = max(reached, key=lambda moment: (moment.level, moment.at), default=None)
    return tuple(
        e.Recorded(
            directive=directive.code,
            seq=directive.seq + 1 + part,
            at=at,
            planned_at=moment.at,
            actor=e.ENGINE,
            part=part,
            event=e.MomentReached(
                clock=moment.clock,
                run=moment.run,
                step=moment.step,
                level=moment.level,
                outcome="told" if moment is highest else "merged",
                audience=moment.audience,
                recipients=(recipients or {}).get(moment.key, ()),
                at_once=moment.at_once,
                policy_version=moment.policy_version,
            ),
        )
        for part, moment in enumerate(reached)
    )


def tell(directive: Directive, moments: Iterable[Moment], at: dt.datetime | str) -> Directive:
    """The directive after moments were told at an instant."""
    instant = local(at) if isinstance(at, str) else at
    after = directive
    for row in told_rows(directive, moments, instant):
        after = evolve(after, row)
    return after


def a_registration(**changes: object) -> c.Register:
    """The command that registers an ordinary directive; what a test names is different."""
    usual: dict[str, object] = {
        "content": "Khẩn trương xây dựng phương án phòng, chống dịch trên địa bàn tỉnh",
        "document": SourceDocument(number="1234/UBND-KGVX", date=dt.date(2026, 3, 2), type="Công văn"),
        "assigning_leader": "Chủ tịch UBND tỉnh",
        "field": "y-te",
        "lead_agency": LEAD,
        "coordinating_agencies": (COORDINATING,),
        "deadline": a_deadline("2026-03-20", "Friday"),
    }
    return c.Register(**{**usual, **changes})


def a_directive(
    status: str = "assigned",
    *,
    at: str = "2026-03-02 09:00",
    deadline: str | Deadline | None = "2026-03-20",
    lead: str = LEAD,
    coordinating: tuple[str, ...] = (COORDINATING,),
    urgency: Urgency = Urgency.NORMAL,
    code: str = CODE,
    **registration: object,
) -> Directive:
    """A directive brought to a status by commands, all given at `at` (a local time).

    Args:
        status: a status, by the shortest way to it; a suspended one was in progress.
        deadline: a day, a day and an hour, or none.
        lead: its lead agency; a directive that stays registered has none.
        registration: other fields of the registration.
    """
    instant = local(at)
    named = a_deadline(deadline) if isinstance(deadline, str) else deadline
    command = a_registration(
        **{
            "document": SourceDocument(number="1234/UBND-KGVX", date=dt.date(instant.year, 1, 1), type="Công văn"),
            "deadline": named,
            "lead_agency": None if status == "registered" else lead,
            "coordinating_agencies": coordinating,
            "urgency": urgency,
            **registration,
        }
    )
    directive = fold(recorded(None, command, SECRETARIAT, instant, code=code))
    assert directive is not None
    agency = an_actor(Role.AGENCY, lead)
    if lead == OFFICE:
        agency = an_actor(Role.SECRETARIAT)
    ways: Mapping[str, tuple[tuple[c.Command, c.Actor], ...]] = {
        "registered": (),
        "assigned": (),
        "in_progress": ((c.Acknowledge(), agency),),
        "submitted": ((c.Acknowledge(), agency), (c.Submit(result="Báo cáo số 12/BC"), agency)),
        "declined": ((c.Decline(reason="Không thuộc chức năng"), agency),),
        "suspended": ((c.Acknowledge(), agency), (c.Suspend(reason="Chờ ý kiến Bộ"), LEADER)),
        "completed": ((c.Acknowledge(), agency), (c.Submit(result="Báo cáo số 12/BC"), agency), (c.Accept(), LEADER)),
        "cancelled": ((c.Acknowledge(), agency), (c.Cancel(reason="Văn bản bị thu hồi"), LEADER)),
    }
    for step, actor in ways[status]:
        directive = apply(directive, step, actor, instant)
    assert directive.status.value == status
    return directive


EXAMPLES: Mapping[str, c.Command] = {
    command.kind: command
    for command in (
        a_registration(),
        c.MoveIn(registration=a_registration(), reported_at=local("2026-03-02 08:00")),
        c.Assign(agency=OTHER),
        c.Reassign(agency=OTHER),
        c.Acknowledge(),
        c.Decline(reason="Không thuộc chức năng"),
        c.ReportProgress(text="Đang thực hiện", percent=40),
        c.RequestExtension(deadline=a_deadline("2026-04-10", "Friday"), reason="Cần thêm số liệu"),
        c.DecideExtension(granted=True, citation="Ý kiến của Phó Chủ tịch tại phiếu trình 15"),
        c.Submit(result="Báo cáo số 12/BC-SYT"),
        c.Accept(),
        c.Return(reason="Thiếu phụ lục"),
        c.Suspend(reason="Chờ ý kiến Bộ"),
        c.Resume(deadline=a_deadline("2026-04-10", "Friday")),
        c.Amend(reason="Sửa nội dung", content="Nội dung mới"),
        c.Urge(text="Đề nghị khẩn trương"),
        c.DemandExplanation(text="Vì sao chậm?"),
        c.Explain(text="Do thiếu số liệu"),
        c.Contribute(opinion=Opinion.AGREE),
        c.Comment(text="Đã trao đổi với Sở"),
        c.Cancel(reason="Văn bản bị thu hồi"),
        c.Reopen(deadline=a_deadline("2026-04-10", "Friday"), reason="Kết quả chưa đạt"),
        c.Succeed(old_agency=LEAD, new_agency=OTHER, reason="Sắp xếp bộ máy"),
    )
}
"""One filled-in example of every kind of command."""
