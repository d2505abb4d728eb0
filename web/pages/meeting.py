"""The meeting mode: one directive after another in large type, the worst first, decided on the spot."""

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from database.reference import Reference
from documents.event_sentences import event_sentence
from documents.moment_words import moment_sentence
from documents.sentences import refusal_sentence
from models.directive import Directive
from models.refusal import Refused
from services.asking import Standing, history_of, page_of
from services.office import Office
from web.door import reader_of
from web.pages.act_forms import ActGroup
from web.pages.directive import Choices, act_groups, choices_for
from web.pages.lines import Line, line_of
from web.pages.list_query import LONGEST_VALUE, ListQuery
from web.pages.posted_act import PostedAct
from web.rendering import Reader, View, page

IN_MEETING: Final = frozenset(
    {
        *("decide_extension", "accept", "return", "urge", "demand_explanation", "assign", "reassign", "amend"),
        *(
            "suspend",
            "resume",
            "comment",
            "acknowledge",
            "report_progress",
            "request_extension",
            "explain",
            "contribute",
        ),
    }
)
"""What is decided or said in a meeting; the rest is done on the directive's own page."""

REPORTS: Final = frozenset({"progress_reported", "submitted", "explained"})


@dataclass(frozen=True)
class Shown:
    """The directive that is spoken of.

    Attributes:
        report: what was reported last, in words; empty when nothing was.
        following: what comes next if nobody acts.
    """

    directive: Directive
    seq: int
    line: Line
    leader: str
    coordinating: str
    report: str
    reported_at: dt.datetime | None
    following: str
    following_at: dt.datetime | None
    groups: tuple[ActGroup, ...]
    choices: Choices


@dataclass(frozen=True)
class MeetingView(View):
    """A place in the list that the meeting goes through.

    Attributes:
        number: from 1.
        back: where an act that is done here leads.
        done: the directive on which something was done just now.
    """

    shown: Shown | None
    number: int
    total: int
    before: str
    after: str
    back: str
    whole_list: str
    done: str
    refused: str
    typed: PostedAct
    command_id: str


def meeting_routes(office: Office) -> APIRouter:
    """The page `/board/meeting`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/board/meeting")
    def meeting(request: Request) -> Response:
        asked = ListQuery.of(request.query_params.multi_items())
        place = request.query_params.get("at", "")
        number = int(place) if place.isascii() and place.isdigit() and len(place) < 9 else 1
        done = request.query_params.get("done", "")[:LONGEST_VALUE]
        return _meeting_page(office, reader_of(request, office), asked, max(1, number), done)

    return router


def _meeting_page(office: Office, reader: Reader, asked: ListQuery, number: int, done: str) -> Response:
    shown, total, told = None, 0, ""
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        try:
            only = asked.filter(reader, reference, now)
        except Refused as refused:
            told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
        else:
            found, number = page_of(connection, only, now, 1, number, asked.order(reference))
            total = found.total
            for standing in found.standings:
                shown = _shown(connection, standing, reader, reference, now)
    view = MeetingView(
        shown=shown,
        number=number,
        total=total,
        before=_address(asked, number - 1) if number > 1 else "",
        after=_address(asked, number + 1) if number < total else "",
        back=_address(asked, number, shown.line.code if shown else ""),
        whole_list=asked.address(),
        done=done,
        refused=told,
        typed=PostedAct(),
        command_id=str(uuid.uuid4()),
    )
    return page("meeting.html", reader.language, reader, view, status=422 if told else 200)


def _shown(connection: Connection, standing: Standing, reader: Reader, reference: Reference, now: dt.datetime) -> Shown:
    directive, language, directory = standing.directive, reader.language, reference.directory
    history = history_of(connection, directive.code)
    report = next((row for row in reversed(history) if row.event.kind in REPORTS), None)
    following = standing.following
    groups = (
        replace(group, forms=tuple(form for form in group.forms if form.kind in IN_MEETING))
        for group in act_groups(directive, reader, now)
    )
    return Shown(
        directive=directive,
        seq=standing.seq,
        line=line_of(standing, reference, now, language),
        leader=directory.person_name(directive.supervising_leader),
        coordinating="; ".join(map(directory.agency_name, directive.coordinating_agencies)),
        report=event_sentence(report, directory, language) if report else "",
        reported_at=report.at if report else None,
        following=moment_sentence(following, language) if following else "",
        following_at=following.at if following else None,
        groups=tuple(group for group in groups if group.forms),
        choices=choices_for(directive, reader, now),
    )


def _address(asked: ListQuery, number: int, done: str = "") -> str:
    """A place of this meeting."""
    place = urlencode({"at": number} | ({"done": done} if done else {}))
    query = asked.query()
    return f"/board/meeting?{query}&{place}" if query else f"/board/meeting?{place}"
