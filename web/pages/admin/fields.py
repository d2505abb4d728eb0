"""Fields of work: who is in charge of each, who follows it, what it is called."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from documents.intake_values import plain_text
from documents.language import N_
from models.directory import Directory, FieldOfWork
from models.local_time import local_day
from models.refusal import Code, Refused
from models.vocabulary import Position
from services.data_files import FileFault, FileRefused
from services.directory_editing import add_field, change_field, version_of
from services.office import Office
from web.pages.admin.gate import AdminView, administrator, done_words, led_to, tried
from web.rendering import Reader, page

LEADERS = (Position.CHAIRMAN, Position.VICE_CHAIRMAN)
OFFICERS = (Position.MONITORING_OFFICER, Position.DEPUTY_CHIEF_OF_OFFICE, Position.CHIEF_OF_OFFICE)

Text = Annotated[str, Form()]


@dataclass(frozen=True)
class FieldsView(AdminView):
    """All fields."""

    fields: tuple[FieldOfWork, ...]


@dataclass(frozen=True)
class FieldView(AdminView):
    """One field; None where a new one is entered. People stand by code and name; who has it now stands among them."""

    field: FieldOfWork | None
    seen: str
    leaders: tuple[tuple[str, str], ...]
    officers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FieldForm:
    """What was typed into the form of a field; people by code."""

    code: str
    name: str
    vice_chairman: str
    monitoring_officer: str
    aliases: str

    def field(self) -> FieldOfWork:
        """The field that is meant.

        Raises:
            FileRefused: a part is empty or too long.
        """
        try:
            return FieldOfWork(
                code=plain_text(self.code),
                name=plain_text(self.name),
                vice_chairman=self.vice_chairman or None,
                monitoring_officer=self.monitoring_officer or None,
                aliases=tuple(filter(None, map(plain_text, self.aliases.splitlines()))),
            )
        except ValidationError:
            fault = N_("Ghi mã (không quá 50 ký tự) và tên lĩnh vực (không quá 200).")
            raise FileRefused((FileFault("", 0, fault),)) from None


def field_routes(office: Office) -> APIRouter:
    """The pages `/admin/fields`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/fields")
    def all_fields(request: Request) -> Response:
        reader = administrator(request, office)
        return page("admin/fields.html", reader.language, reader, FieldsView(reader.directory.fields))

    @router.get("/admin/new-field")
    def new(request: Request) -> Response:
        return _page(office, administrator(request, office), None)

    @router.post("/admin/new-field")
    def add(
        request: Request,
        code: Text = "",
        name: Text = "",
        vice_chairman: Text = "",
        monitoring_officer: Text = "",
        aliases: Text = "",
    ) -> Response:
        reader = administrator(request, office)
        form = FieldForm(code, name, vice_chairman, monitoring_officer, aliases)
        faults = tried(reader, lambda: add_field(office, form.field(), reader.actor.person))
        if faults:
            return _page(office, reader, None, form=form, faults=faults)
        return led_to(f"/admin/fields/{quote(form.field().code, safe='')}", "added")

    @router.get("/admin/fields/{code:path}")
    def one(request: Request, code: str) -> Response:
        reader = administrator(request, office)
        return _page(office, reader, _known(reader, code), done=done_words(request, reader.language))

    @router.post("/admin/fields/{code:path}")
    def change(
        request: Request,
        code: str,
        seen: Text = "",
        name: Text = "",
        vice_chairman: Text = "",
        monitoring_officer: Text = "",
        aliases: Text = "",
    ) -> Response:
        reader = administrator(request, office)
        before = _known(reader, code)
        form = FieldForm(before.code, name, vice_chairman, monitoring_officer, aliases)
        faults = tried(reader, lambda: change_field(office, form.field(), seen, reader.actor.person))
        if faults:
            return _page(office, reader, before, form=form, faults=faults)
        return led_to(f"/admin/fields/{quote(before.code, safe='')}", "saved")

    return router


def _known(reader: Reader, code: str) -> FieldOfWork:
    found = reader.directory.field(code)
    if found is None:
        raise Refused(Code.UNKNOWN_FIELD, field_of_work=code)
    return found


def _holders(
    directory: Directory, positions: tuple[Position, ...], office: Office, now_has: str | None
) -> tuple[tuple[str, str], ...]:
    """Who may be chosen today, and who has it now even if he has left."""
    today = local_day(office.now())
    codes = dict.fromkeys((*directory.holders(positions, today), *([now_has] if now_has else [])))
    return tuple((code, directory.person_name(code)) for code in codes)


def _page(
    office: Office,
    reader: Reader,
    field: FieldOfWork | None,
    *,
    form: FieldForm | None = None,
    faults: tuple[str, ...] = (),
    done: str = "",
) -> Response:
    directory = office.reference().directory
    fresh = directory.field(field.code) if field else None
    shown = form or FieldForm("", "", "", "", "")
    if form is None and fresh is not None:
        people = fresh.vice_chairman or "", fresh.monitoring_officer or ""
        shown = FieldForm(fresh.code, fresh.name, *people, "\n".join(fresh.aliases))
    view = FieldView(
        fresh,
        version_of(directory, fresh) if fresh else "",
        _holders(directory, LEADERS, office, fresh.vice_chairman if fresh else None),
        _holders(directory, OFFICERS, office, fresh.monitoring_officer if fresh else None),
        faults=faults,
        done=done,
        typed=dict(vars(shown)),
    )
    return page("admin/field.html", reader.language, reader, view, status=view.status)
