"""What a person arranges for himself: the hour of his digest, his absences and who stands in for him."""

import datetime as dt
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from database.engine import reading
from documents.intake_values import read_date
from documents.labels import label
from documents.sentences import refusal_sentence
from models.directory import ROLES, Absence, Directory
from models.local_time import local_day
from models.refusal import Code, Refused
from models.vocabulary import Role
from services.office import Office
from services.preferences import (
    MailWish,
    choose_digest_hour,
    enter_own_absence,
    mail_wish,
    own_absences,
    possible_deputies,
    remove_own_absence,
)
from web.door import reader_of
from web.rendering import Reader, View, page


@dataclass(frozen=True)
class Colleague:
    """Somebody who may stand in."""

    code: str
    name: str
    post: str


@dataclass(frozen=True)
class PreferencesView(View):
    """The forms, what holds now, and what was typed into one that was refused."""

    mail: MailWish
    absences: tuple[tuple[Absence, str], ...]
    colleagues: tuple[Colleague, ...]
    represented: tuple[str, ...]
    roles: tuple[Role, ...]
    today: dt.date
    refused: str = ""
    done: str = ""
    typed: dict[str, str] = field(default_factory=dict)


def preferences_routes(office: Office) -> APIRouter:
    """The routes under `/preferences`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/preferences")
    def show(request: Request) -> Response:
        return _show(office, reader_of(request, office), done=request.query_params.get("done", ""))

    @router.post("/preferences/digest")
    def choose_hour(request: Request, hour: Annotated[str, Form()] = "") -> Response:
        reader = reader_of(request, office)
        chosen = int(hour[:4]) if hour.isascii() and hour.isdigit() else None
        try:
            choose_digest_hour(office, reader.actor.person, chosen)
        except Refused as refused:
            return _show(office, reader, refused)
        return RedirectResponse("/preferences?done=digest", HTTPStatus.SEE_OTHER)

    @router.post("/preferences/absence")
    def go_away(
        request: Request,
        first: Annotated[str, Form()] = "",
        last: Annotated[str, Form()] = "",
        deputy: Annotated[str, Form()] = "",
    ) -> Response:
        reader = reader_of(request, office)
        try:
            begins, ends = _day(first), _day(last or first)
            enter_own_absence(office, reader.actor.person, begins, ends, deputy)
        except Refused as refused:
            return _show(office, reader, refused, {"first": first, "last": last, "deputy": deputy})
        return RedirectResponse("/preferences?done=absence", HTTPStatus.SEE_OTHER)

    @router.post("/preferences/absence/remove")
    def come_back(request: Request, first: Annotated[str, Form()] = "", last: Annotated[str, Form()] = "") -> Response:
        reader = reader_of(request, office)
        try:
            begins = _day(first) if first else dt.date.min  # what the Office entered may be open at either end
            ends = _day(last) if last else dt.date.max
            remove_own_absence(office, reader.actor.person, begins, ends)
        except Refused as refused:
            return _show(office, reader, refused)
        return RedirectResponse("/preferences?done=back", HTTPStatus.SEE_OTHER)

    return router


def _day(text: str) -> dt.date:
    """A day as a browser's date field or a person writes it.

    Raises:
        Refused: bad_date.
    """
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        found = read_date(text)
    if not isinstance(found, dt.date):
        raise Refused(Code.BAD_DATE, value=text[:40])
    return found


def _show(
    office: Office,
    reader: Reader,
    refused: Refused | None = None,
    typed: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    person = reader.actor.person
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        mail = mail_wish(connection, person, reference.timeline.current.mail)
        today = local_day(office.now(reference))
    directory = reference.directory
    view = PreferencesView(
        mail=mail,
        absences=tuple(
            (absence, directory.person_name(absence.deputy)) for absence in own_absences(directory, person, today)
        ),
        colleagues=_colleagues(directory, person, today, reader),
        represented=tuple(directory.person_name(one) for one in directory.represented(person, today)),
        roles=tuple(sorted({ROLES[post.position] for post in directory.posts_on(person, today)})),
        today=today,
        refused=refusal_sentence(refused.code, refused.data, reader.language, directory) if refused else "",
        done=done,
        typed=typed or {"first": "", "last": "", "deputy": ""},
    )
    return page("preferences.html", reader.language, reader, view, status=422 if refused else 200)


def _colleagues(directory: Directory, person: str, today: dt.date, reader: Reader) -> tuple[Colleague, ...]:
    return tuple(
        Colleague(
            code,
            directory.person_name(code),
            ", ".join(dict.fromkeys(label(post.position, reader.language) for post in directory.posts_on(code, today))),
        )
        for code in possible_deputies(directory, person, today)
    )
