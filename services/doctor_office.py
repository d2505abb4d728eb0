"""Whether the office is in order: posts held, people reachable, deputies named, calendar confirmed, policy read."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from database.engine import reading
from database.reference import Reference
from documents.language import N_
from models.audience import resolve
from models.calendar import local_day
from models.directive import Directive
from models.directory import Directory
from models.tables import DIRECTIVE
from models.vocabulary import Audience, Position
from services.doctor import Check, Phrase, check, database_checks, guarded, some, work_checks
from services.keepers import CLOSED
from services.office import Office

UNHEARD = frozenset({Position.ADMINISTRATOR, Position.INSPECTOR})
"""Posts to which the policy sends nothing."""


def stored_checks(office: Office) -> Iterator[Check]:
    """All checks of what lies in the database; an office without one gets but the first."""
    found = tuple(guarded("database", lambda: database_checks(office.engine)))
    yield from found
    if any(one.name == "schema" and one.ok for one in found):
        yield from tuple(guarded("stored", lambda: _read(office)))


def _read(office: Office) -> Iterator[Check]:
    with reading(office.engine) as connection:
        reference, now = office.reference(connection), office.now()
        yield from work_checks(connection, reference, now)
        yield from office_checks(connection, reference, now)


def office_checks(connection: Connection, reference: Reference, now: dt.datetime) -> Iterator[Check]:
    """All checks of directory, calendar and policy."""
    day = local_day(now)
    yield _vacancies(connection, reference.directory, day)
    yield _without_address(reference.directory, day)
    yield _absences(reference.directory, day)
    yield _calendar(reference, day)
    policy = reference.timeline.current
    yield check(
        "policy",
        True,
        N_("Thang đôn đốc đọc được: “{policy}”, phiên bản {version}."),
        policy=policy.name,
        version=policy.version,
    )


def _vacancies(connection: Connection, directory: Directory, day: dt.date) -> Check:
    vacant = [*_office_posts(directory, day), *_agency_posts(connection, directory, day)]
    if not vacant:
        return check("posts", True, N_("Mọi chức danh mà thang đôn đốc cần đều có người."))
    return check(
        "posts",
        False,
        N_("{number} chức danh đang khuyết hoặc không ai thay: {posts}. Người ở bậc kế tiếp sẽ nhận thay."),
        todo=N_("Ghi người giữ chức danh vào danh bạ: “dondoc directory load” hoặc trang quản trị."),
        number=len(vacant),
        posts=some(vacant),
    )


def _office_posts(directory: Directory, day: dt.date) -> Iterator[Phrase]:
    def present(*people: str | None) -> bool:
        return any(person is not None and directory.stand_in(person, day) is not None for person in people)

    if not present(*directory.holders((Position.CHAIRMAN,), day)):
        yield Phrase(N_("Chủ tịch UBND tỉnh"))
    if not present(*directory.holders((Position.CHIEF_OF_OFFICE,), day)):
        yield Phrase(N_("Chánh Văn phòng"))
    for field in directory.fields:
        if not present(field.vice_chairman):
            yield Phrase(N_("Phó Chủ tịch phụ trách {field}"), {"field": field.name})
        followers = directory.holders((Position.MONITORING_OFFICER,), day, field=field.code)
        if not present(field.monitoring_officer, *followers):
            yield Phrase(N_("Chuyên viên theo dõi {field}"), {"field": field.name})


def _agency_posts(connection: Connection, directory: Directory, day: dt.date) -> Iterator[Phrase]:
    """The heads and officers of the agencies that lead something open, as a reminder would find them today."""
    examples = (
        select(func.min(DIRECTIVE.c.code))
        .where(DIRECTIVE.c.status.not_in(CLOSED), DIRECTIVE.c.lead_agency.is_not(None))
        .group_by(DIRECTIVE.c.lead_agency)
    )
    states = connection.execute(
        select(DIRECTIVE.c.state).where(DIRECTIVE.c.code.in_(examples)).order_by(DIRECTIVE.c.lead_agency)
    )
    for (state,) in states:
        try:
            directive = Directive.model_validate_json(state)
        except ValueError:  # one that cannot be read is named by the check of the data (RULES 18)
            continue
        agency = directory.agency_name(directive.lead_agency)
        if Audience.LEAD_HEAD in resolve((Audience.LEAD_HEAD,), directive, directory, day).vacant:
            yield Phrase(N_("Thủ trưởng {agency}"), {"agency": agency})
        if Audience.LEAD_OFFICERS in resolve((Audience.LEAD_OFFICERS,), directive, directory, day).vacant:
            yield Phrase(N_("Chuyên viên {agency}"), {"agency": agency})


def _without_address(directory: Directory, day: dt.date) -> Check:
    unreached = [
        person.code
        for person in directory.people
        if not person.email
        and not person.locked
        and any(post.position not in UNHEARD for post in directory.posts_on(person.code, day))
    ]
    if not unreached:
        return check("addresses", True, N_("Mọi người đang giữ chức danh đều có địa chỉ thư."))
    return check(
        "addresses",
        False,
        N_("{number} người giữ chức danh mà không có địa chỉ thư, chỉ thấy thông báo trên hệ thống: {people}."),
        todo=N_("Ghi địa chỉ thư của họ vào danh bạ."),
        number=len(unreached),
        people=some(unreached),
    )


def _absences(directory: Directory, day: dt.date) -> Check:
    away = dict.fromkeys(absence.person for absence in directory.absences if absence.holds_on(day))
    alone = [
        directory.person_name(person)
        for person in away
        if directory.posts_on(person, day) and directory.stand_in(person, day) is None
    ]
    if alone:
        return check(
            "absences",
            False,
            N_("{number} người đang vắng mà không ai thay: {people}. Ghi người thay bằng “dondoc directory absent”."),
            number=len(alone),
            people=some(alone),
        )
    if not away:
        return check("absences", True, N_("Hôm nay không ai vắng mặt."))
    return check("absences", True, N_("{number} người đang vắng mặt, đều có người thay."), number=len(away))


def _calendar(reference: Reference, day: dt.date) -> Check:
    confirmed = reference.calendar.confirmed_years
    if day.year not in confirmed:
        return check(
            "calendar",
            False,
            N_("Chưa ai xác nhận lịch làm việc năm {year}. Kiểm tra rồi chạy “dondoc calendar confirm {year}”."),
            year=day.year,
        )
    if day.year + 1 not in confirmed:
        return check(
            "calendar",
            True,
            N_("Lịch năm {year} đã xác nhận; năm {following} còn tạm tính, xác nhận khi có thông báo nghỉ."),
            year=day.year,
            following=day.year + 1,
        )
    return check(
        "calendar", True, N_("Lịch năm {year} và {following} đã xác nhận."), year=day.year, following=day.year + 1
    )
