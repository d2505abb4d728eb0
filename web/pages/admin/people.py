"""People: finding, adding and changing them with their posts, their accounts and absences."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from documents.intake_values import plain_text
from documents.language import N_
from models.directory import Absence, Directory, Person, Post
from models.local_time import local_day
from models.refusal import Code, Refused
from models.vocabulary import Position
from services import accounts, second_factor
from services.accounts import Account, Session
from services.data_files import FileFault, FileRefused
from services.directories import KnownPerson, enter_absence, find_people, remove_absence
from services.directory_editing import add_person, change_person, post_meant, version_of
from services.office import Office
from services.office_calendar import read_day
from web.pages.admin.gate import AdminView, administrator, done_words, keeper, led_to, tried
from web.rendering import Reader, page

MORE_POSTS = 2
"""Empty rows for posts below those that a person holds."""


Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@dataclass(frozen=True)
class PostLine:
    """One row of the form for posts, as it is typed."""

    agency: str = ""
    position: str = ""
    since: str = ""
    until: str = ""
    fields: str = ""


@dataclass(frozen=True)
class PeopleView(AdminView):
    """People found, with the codes of those who have an account."""

    people: tuple[KnownPerson, ...]
    text: str
    everybody: bool
    with_account: frozenset[str]


@dataclass(frozen=True)
class PersonView(AdminView):
    """One person; `person` is None where a new one is entered.

    Attributes:
        seen: names what stood when the page was written.
        password: made just now, shown this once.
    """

    person: Person | None
    posts: tuple[PostLine, ...]
    seen: str
    positions: tuple[Position, ...]
    agencies: tuple[str, ...]
    account: Account | None
    sessions: tuple[Session, ...]
    absences: tuple[Absence, ...]
    password: str = ""


@dataclass(frozen=True)
class PersonForm:
    """What was typed into the form of a person."""

    code: str
    name: str
    email: str
    locked: bool
    posts: tuple[PostLine, ...]

    def person(self) -> Person:
        """The person that is meant.

        Raises:
            FileRefused: a part is empty or too long.
        """
        try:
            return Person(
                code=plain_text(self.code).casefold(),
                name=plain_text(self.name),
                email=plain_text(self.email),
                locked=self.locked,
            )
        except ValidationError:
            fault = N_("Ghi mã (không quá 100 ký tự), họ tên (không quá 200) và địa chỉ thư (không quá 254).")
            raise FileRefused((FileFault("", 0, fault),)) from None

    def held(self, office: Office, person: str) -> tuple[Post, ...]:
        """The posts that are meant; rows without an agency are left aside.

        Raises:
            Refused: unknown_agency, unknown_field, bad_date.
        """
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            today = local_day(office.now(reference))
        found = []
        for line in self.posts:
            if not line.agency.strip():
                continue
            names = filter(None, (part.strip() for part in line.fields.split(";")))
            days = day_or_none(line.since), day_or_none(line.until)
            found.append(post_meant(reference.directory, person, line.agency, line.position, names, days, today))
        return tuple(found)


def day_or_none(text: str) -> dt.date | None:
    """A day as typed; None for nothing.

    Raises:
        Refused: bad_date.
    """
    return read_day(text) if text.strip() else None


def people_routes(office: Office) -> APIRouter:
    """The page `/admin/people`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/people")
    def found(request: Request, text: str = "", everybody: str = "") -> Response:
        reader = keeper(request, office)
        with reading(office.engine) as connection:
            today = local_day(office.now(office.reference(connection)))
        view = PeopleView(
            find_people(reader.directory, text, today, everybody=everybody == "1"),
            text,
            everybody == "1",
            frozenset(account.person for account in accounts.listed(office)),
        )
        return page("admin/people.html", reader.language, reader, view)

    return router


def new_person_routes(office: Office) -> APIRouter:
    """The page `/admin/new-person`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/new-person")
    def new(request: Request) -> Response:
        return _page(office, administrator(request, office), None)

    @router.post("/admin/new-person")
    def add(
        request: Request,
        code: Text = "",
        name: Text = "",
        email: Text = "",
        agency: Texts = None,
        position: Texts = None,
        since: Texts = None,
        until: Texts = None,
        fields: Texts = None,
    ) -> Response:
        reader = administrator(request, office)
        form = PersonForm(code, name, email, False, _lines(agency, position, since, until, fields))

        def act() -> None:
            person = form.person()
            add_person(office, person, form.held(office, person.code), reader.actor.person)

        faults = tried(reader, act)
        if faults:
            return _page(office, reader, None, form=form, faults=faults)
        return led_to(f"/admin/people/{quote(form.person().code, safe='')}", "added")

    return router


def person_routes(office: Office) -> APIRouter:
    """The page `/admin/people/{code}`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/people/{code}")
    def one(request: Request, code: str) -> Response:
        reader = keeper(request, office)
        return _page(office, reader, _known(reader, code), done=done_words(request, reader.language))

    @router.post("/admin/people/{code}")
    def change(
        request: Request,
        code: str,
        seen: Text = "",
        name: Text = "",
        email: Text = "",
        locked: Text = "",
        agency: Texts = None,
        position: Texts = None,
        since: Texts = None,
        until: Texts = None,
        fields: Texts = None,
    ) -> Response:
        reader = administrator(request, office)
        before = _known(reader, code)
        form = PersonForm(before.code, name, email, locked == "1", _lines(agency, position, since, until, fields))

        def act() -> None:
            change_person(office, form.person(), form.held(office, before.code), seen, reader.actor.person)

        faults = tried(reader, act)
        return _page(office, reader, before, form=form, faults=faults) if faults else _back(before, "saved")

    return router


def account_routes(office: Office) -> APIRouter:
    """Accounts of people: given, taken away, signed out."""
    router = APIRouter(include_in_schema=False)

    @router.post("/admin/people/{code}/account")
    def account(request: Request, code: str) -> Response:
        reader = administrator(request, office)
        person = _known(reader, code)
        made: list[str] = []
        faults = tried(reader, lambda: made.append(accounts.add(office, person.code, None, by=reader.actor.person)))
        return _page(office, reader, person, faults=faults, password="".join(made))

    @router.post("/admin/people/{code}/account/remove")
    def remove_account(request: Request, code: str) -> Response:
        return _act(
            office, request, code, lambda reader, person: accounts.remove(office, person, reader.actor.person), "saved"
        )

    @router.post("/admin/people/{code}/second-factor/remove")
    def take_second_factor_off(request: Request, code: str) -> Response:
        return _act(
            office,
            request,
            code,
            lambda reader, person: second_factor.take_off(office, person, reader.actor.person),
            "second_factor",
        )

    @router.post("/admin/people/{code}/sign-out")
    def sign_out(request: Request, code: str) -> Response:
        return _act(
            office,
            request,
            code,
            lambda reader, person: accounts.end_all_sessions(office, person, reader.actor.person),
            "signed_out",
        )

    return router


def absence_routes(office: Office) -> APIRouter:
    """Absences of people with their deputies."""
    router = APIRouter(include_in_schema=False)

    @router.post("/admin/people/{code}/absence")
    def absence(request: Request, code: str, first: Text = "", last: Text = "", deputy: Text = "") -> Response:
        def act(reader: Reader, person: str) -> None:
            start = read_day(first)
            enter_absence(office, person, start, day_or_none(last) or start, deputy.strip(), reader.actor.person)

        return _act(office, request, code, act, "saved", {"first": first, "last": last, "deputy": deputy})

    @router.post("/admin/people/{code}/absence/remove")
    def back_again(request: Request, code: str, first: Text = "", last: Text = "") -> Response:
        def act(reader: Reader, person: str) -> None:
            remove_absence(
                office,
                person,
                day_or_none(first) or dt.date.min,
                day_or_none(last) or dt.date.max,
                reader.actor.person,
            )

        return _act(office, request, code, act, "saved")

    return router


def _act(
    office: Office,
    request: Request,
    code: str,
    act: Callable[[Reader, str], object],
    done: str,
    typed: Mapping[str, str] | None = None,
) -> Response:
    reader = administrator(request, office)
    person = _known(reader, code)
    faults = tried(reader, lambda: act(reader, person.code))
    return _page(office, reader, person, faults=faults, typed=typed) if faults else _back(person, done)


def _back(person: Person, done: str) -> Response:
    return led_to(f"/admin/people/{quote(person.code, safe='')}", done)


def _known(reader: Reader, code: str) -> Person:
    found = reader.directory.person(code)
    if found is None:
        raise Refused(Code.UNKNOWN_PERSON, person=code)
    return found


def _lines(*columns: list[str] | None) -> tuple[PostLine, ...]:
    filled = [column or [] for column in columns]
    longest = max((len(column) for column in filled), default=0)
    rows = [[column[place] if place < len(column) else "" for column in filled] for place in range(longest)]
    return tuple(PostLine(*row) for row in rows)


def _typed_posts(directory: Directory, person: Person, today: dt.date) -> tuple[PostLine, ...]:
    return tuple(
        PostLine(
            _agency_words(directory, post.agency, today),
            post.position.value,
            _written(post.valid_from),
            _written(post.valid_until),
            "; ".join(post.fields),
        )
        for post in directory.posts
        if post.person == person.code
    )


def _agency_words(directory: Directory, code: str, today: dt.date) -> str:
    """The agency's name; its code where the name means another one by now, so that saving moves no old post."""
    name = directory.agency_name(code)
    try:
        return name if directory.find_agency(name, today).code == code else code
    except Refused:
        return code


def _written(day: dt.date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _page(
    office: Office,
    reader: Reader,
    person: Person | None,
    *,
    form: PersonForm | None = None,
    faults: tuple[str, ...] = (),
    done: str = "",
    password: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    directory = office.reference().directory
    fresh = directory.person(person.code) if person else None
    code = fresh.code if fresh else ""
    today = local_day(office.now())
    own = form.posts if form else _typed_posts(directory, fresh, today) if fresh else ()
    empty = (PostLine(),) * MORE_POSTS
    shown = {"name": fresh.name, "email": fresh.email, "locked": "1" if fresh.locked else ""} if fresh else {}
    if form:
        shown = {"code": form.code, "name": form.name, "email": form.email, "locked": "1" if form.locked else ""}
    view = PersonView(
        person=fresh,
        posts=(*(line for line in own if line != PostLine()), *empty),
        seen=version_of(directory, fresh) if fresh else "",
        positions=tuple(Position),
        agencies=tuple(sorted({agency.name for agency in directory.agencies})),
        account=next((one for one in accounts.listed(office) if one.person == code), None),
        sessions=tuple(accounts.sessions_of(office, code)) if code else (),
        absences=tuple(one for one in directory.absences if one.person == code),
        password=password,
        done=done,
        faults=faults,
        typed={"code": "", "name": "", "email": "", "locked": "", "first": "", "last": "", "deputy": ""}
        | shown
        | dict(typed or {}),
    )
    return page("admin/person.html", reader.language, reader, view, status=view.status)
