"""From plain data to the engine's values: policies, calendars, directories, commands and who gives them."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

from oracle.naive_script import Wish
from oracle.offices import POLICIES, POLICY_TEXTS

from models import commands as c
from models.calendar import Calendar, CalendarRow
from models.deadline import Deadline, make_deadline
from models.directive import Directive
from models.directory import Absence, Agency, Directory, FieldOfWork, Person, Post
from models.policy import Policy, read_policy
from models.vocabulary import Qualifier, Role


@cache
def _policy_of(place: int) -> Policy:
    return read_policy(POLICIES[place])


def policy_of(policy: Mapping[str, Any], version: int) -> Policy:
    """The engine's policy of plain data, under the number of its version."""
    return _policy_of(POLICIES.index(policy)).model_copy(update={"version": version})


def policy_text_of(policy: Mapping[str, Any]) -> str:
    return POLICY_TEXTS[POLICIES.index(policy)]


_calendars: dict[frozenset[tuple[dt.date, bool]], Calendar] = {}


def calendar_of(announced: Mapping[dt.date, bool]) -> Calendar:
    """The engine's calendar of plain data."""
    known = frozenset(announced.items())
    if known not in _calendars:
        _calendars[known] = Calendar(rows=tuple(row_of(day, working=worked) for day, worked in announced.items()))
    return _calendars[known]


def row_of(day: dt.date, *, working: bool) -> CalendarRow:
    return CalendarRow(day=day, working=working, reason="Công bố")


def directory_of(people: Mapping[str, Any]) -> Directory:
    """The engine's directory of plain data."""
    posts, fields = people["posts"], people["fields"]
    kinds = {"UBND": "leadership", "VPUBND": "office"}
    return Directory(
        agencies=tuple(
            Agency.model_validate(
                {
                    "code": code,
                    "name": code,
                    "kind": kinds.get(code, "department"),
                    "field": people["field_of"].get(code),
                }
            )
            for code in dict.fromkeys(post["agency"] for post in posts)
        ),
        people=tuple(
            Person(code=person, name=person, locked=person in people["locked"])
            for person in dict.fromkeys(post["person"] for post in posts)
        ),
        posts=tuple(
            Post(person=post["person"], agency=post["agency"], position=post["position"], valid_until=post["until"])
            for post in posts
        ),
        fields=tuple(FieldOfWork(code=code, name=code, **known) for code, known in fields.items()),
        absences=tuple(
            Absence(person=one["person"], deputy=one["deputy"], valid_from=one["since"], valid_until=one["until"])
            for one in people["away"]
        ),
    )


def command_of(wish: Wish, policy: Policy) -> c.Command:
    """The engine's command of a wish; its deadlines are understood under the policy in force."""
    data: dict[str, Any] = {"kind": wish.kind, **_FILLED_IN.get(wish.kind, {}), **wish.data}
    for name in ("deadline", "imposed_deadline", "respond_by"):
        if data.get(name) is not None:
            data[name] = _deadline_of(data[name], policy)
    return c.COMMANDS.validate_python(data)


_FILLED_IN: Mapping[str, Mapping[str, Any]] = {
    "register": {"content": "Xây dựng phương án"},
    "decline": {"reason": "Không thuộc chức năng"},
    "report_progress": {"text": "Đang làm"},
    "request_extension": {"reason": "Cần thêm số liệu"},
    "decide_extension": {"reason": "Đã xem xét", "citation": "Phiếu trình 15"},
    "submit": {"result": "Báo cáo"},
    "return": {"reason": "Thiếu phụ lục"},
    "suspend": {"reason": "Chờ ý kiến Bộ"},
    "amend": {"reason": "Đổi nội dung"},
    "urge": {"text": "Đề nghị khẩn trương"},
    "demand_explanation": {"text": "Vì sao chậm?"},
    "explain": {"text": "Do thiếu số liệu"},
    "contribute": {"opinion": "agree"},
    "comment": {"text": "Đã trao đổi"},
    "cancel": {"reason": "Văn bản bị thu hồi"},
}
"""What a command needs beside what the oracle looks at."""


def _deadline_of(plain: Mapping[str, Any], policy: Policy) -> Deadline:
    return make_deadline(
        plain["day"], time=plain["time"], qualifier=Qualifier(plain["qualifier"]), office=policy.office
    )


def actor_of(wish: Wish, directive: Directive | None) -> c.Actor:
    """Somebody who may make that wish, if anybody may."""
    agency = "VPUBND"
    if directive is not None and wish.by == "lead":
        agency = directive.lead_agency or "NOBODY"
    if directive is not None and wish.by == "coordinating":
        agency = next(iter(directive.coordinating_agencies), "NOBODY")
    role = Role.SECRETARIAT if wish.by == "office" else Role.AGENCY
    return c.Actor(
        person="somebody", roles=frozenset({role}), agencies=frozenset({agency}), connected_agencies=frozenset({agency})
    )
