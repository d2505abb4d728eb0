"""Agencies: finding, adding and changing them, one following another, and the whole directory as a file."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final, get_args
from urllib.parse import quote

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from documents.intake_values import plain_text
from documents.language import N_
from models.directory import Agency, Kind
from models.local_time import local_day
from models.refusal import Code, Refused
from services.data_files import LARGEST_FILE, FileFault, FileRefused
from services.directories import as_text, find_agencies, load_text
from services.directory_editing import add_agency, change_agency, version_of
from services.office import Office
from services.succession import Plan, carry_out, plan
from web.pages.admin.gate import AdminView, administrator, done_words, led_to, tried
from web.pages.admin.people import day_or_none
from web.rendering import Reader, page

KINDS: Final[dict[str, str]] = {
    "leadership": N_("lãnh đạo Ủy ban"),
    "office": N_("Văn phòng"),
    "department": N_("sở, ban, ngành"),
    "district": N_("huyện"),
    "commune": N_("xã, phường, đặc khu"),
    "body": N_("cơ quan khác"),
}
"""What each kind of agency is called."""


Text = Annotated[str, Form()]


@dataclass(frozen=True)
class AgenciesView(AdminView):
    """Agencies found."""

    agencies: tuple[Agency, ...]
    text: str
    everything: bool
    kinds: dict[str, str]


@dataclass(frozen=True)
class AgencyView(AdminView):
    """One agency; `agency` is None where a new one is entered; `seen` names what stood when the page was written."""

    agency: Agency | None
    seen: str
    kinds: dict[str, str]
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SuccessionView(AdminView):
    """One agency follows another: the form, and what would move once it was looked at."""

    plan: Plan | None
    agencies: tuple[str, ...]
    old_name: str = ""
    new_name: str = ""


@dataclass(frozen=True)
class DirectoryView(AdminView):
    """The directory as a file."""


@dataclass(frozen=True)
class AgencyForm:
    """What was typed into the form of an agency."""

    code: str
    name: str
    kind: str
    field: str
    aliases: str
    since: str
    until: str

    def agency(self) -> Agency:
        """The agency that is meant.

        Raises:
            FileRefused: a part is empty or too long.
            Refused: bad_date, unknown_value.
        """
        if self.kind not in get_args(Kind):
            raise Refused(Code.UNKNOWN_VALUE, value=self.kind, values=", ".join(get_args(Kind)))
        try:
            return Agency.model_validate(
                {
                    "code": plain_text(self.code),
                    "name": plain_text(self.name),
                    "kind": self.kind,
                    "field": self.field.strip() or None,
                    "aliases": tuple(filter(None, map(plain_text, self.aliases.splitlines()))),
                    "valid_from": day_or_none(self.since),
                    "valid_until": day_or_none(self.until),
                }
            )
        except ValidationError:
            fault = N_("Ghi mã (không quá 50 ký tự) và tên cơ quan (không quá 200).")
            raise FileRefused((FileFault("", 0, fault),)) from None


def agency_routes(office: Office) -> APIRouter:
    """The pages `/admin/agencies`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/agencies")
    def found(request: Request, text: str = "", everything: str = "") -> Response:
        reader = administrator(request, office)
        with reading(office.engine) as connection:
            today = local_day(office.now(office.reference(connection)))
        agencies = find_agencies(reader.directory, text, today, everything=everything == "1")
        return page(
            "admin/agencies.html",
            reader.language,
            reader,
            AgenciesView(agencies, text, everything == "1", KINDS),
        )

    @router.get("/admin/new-agency")
    def new(request: Request) -> Response:
        return _page(office, administrator(request, office), None)

    @router.post("/admin/new-agency")
    def add(
        request: Request,
        code: Text = "",
        name: Text = "",
        kind: Text = "",
        field: Text = "",
        aliases: Text = "",
        since: Text = "",
        until: Text = "",
    ) -> Response:
        reader = administrator(request, office)
        form = AgencyForm(code, name, kind, field, aliases, since, until)
        faults = tried(reader, lambda: add_agency(office, form.agency(), reader.actor.person))
        if faults:
            return _page(office, reader, None, form=form, faults=faults)
        return led_to(f"/admin/agencies/{quote(form.agency().code, safe='')}", "added")

    @router.get("/admin/agencies/{code:path}")
    def one(request: Request, code: str) -> Response:
        reader = administrator(request, office)
        return _page(office, reader, _known(reader, code), done=done_words(request, reader.language))

    @router.post("/admin/agencies/{code:path}")
    def change(
        request: Request,
        code: str,
        seen: Text = "",
        name: Text = "",
        kind: Text = "",
        field: Text = "",
        aliases: Text = "",
        since: Text = "",
        until: Text = "",
    ) -> Response:
        reader = administrator(request, office)
        before = _known(reader, code)
        form = AgencyForm(before.code, name, kind, field, aliases, since, until)
        faults = tried(reader, lambda: change_agency(office, form.agency(), seen, reader.actor.person))
        if faults:
            return _page(office, reader, before, form=form, faults=faults)
        return led_to(f"/admin/agencies/{quote(before.code, safe='')}", "saved")

    return router


def succession_routes(office: Office) -> APIRouter:
    """The page `/admin/succession`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/succession")
    def succession(request: Request, old: str = "", new: str = "", fields: str = "", reason: str = "") -> Response:
        reader = administrator(request, office)
        planned: list[Plan] = []

        def look() -> None:
            planned.append(plan(office, old, new, _names(fields), reader.actor.person))

        faults = tried(reader, look) if old or new else ()
        return _succession_page(reader, planned, faults, {"old": old, "new": new, "fields": fields, "reason": reason})

    @router.post("/admin/succession")
    async def succeed(
        request: Request, old: Text = "", new: Text = "", fields: Text = "", reason: Text = "", seen: Text = ""
    ) -> Response:
        reader = await asyncio.to_thread(administrator, request, office)
        planned: list[Plan] = []

        def look() -> None:
            planned.append(plan(office, old, new, _names(fields), reader.actor.person))
            if planned[0].fingerprint != seen:
                changed = N_("Danh sách nhiệm vụ vừa thay đổi. Xem lại danh sách dưới đây rồi xác nhận.")
                raise FileRefused((FileFault("", 0, changed),))
            if not reason.strip():
                raise Refused(Code.REASON_REQUIRED)

        faults = await asyncio.to_thread(tried, reader, look)
        if faults:
            typed = {"old": old, "new": new, "fields": fields, "reason": reason}
            return _succession_page(reader, planned, faults, typed)
        # Without a sender every command is kept at once, and the sweep sends them: the page waits for no engine.
        await carry_out(office, None, planned[0], reader.actor.person, plain_text(reason))
        return led_to("/admin/operations", "succeeded")

    return router


def directory_file_routes(office: Office) -> APIRouter:
    """The page `/admin/directory`, where the directory goes out and comes in as a file."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/directory")
    def directory(request: Request) -> Response:
        reader = administrator(request, office)
        view = DirectoryView(done=done_words(request, reader.language))
        return page("admin/directory.html", reader.language, reader, view)

    @router.get("/admin/directory.yaml")
    def export(request: Request) -> Response:
        reader = administrator(request, office)
        headers = {"Content-Disposition": 'attachment; filename="danh-ba.yaml"'}
        return Response(as_text(reader.directory), media_type="application/yaml", headers=headers)

    @router.post("/admin/directory")
    def load(request: Request, file: Annotated[UploadFile | None, File()] = None) -> Response:
        reader = administrator(request, office)

        faults = tried(reader, lambda: load_text(office, _text_of(file), reader.actor.person))
        if faults:
            view = DirectoryView(faults=faults)
            return page("admin/directory.html", reader.language, reader, view, status=view.status)
        return led_to("/admin/directory", "loaded")

    return router


def _text_of(file: UploadFile | None) -> str:
    """What a file holds that was handed in.

    Raises:
        FileRefused: it is too large, or no text in UTF-8.
    """
    raw = file.file.read(LARGEST_FILE + 1) if file is not None else b""
    if len(raw) > LARGEST_FILE:
        fault = N_("Tệp lớn hơn {limit} MB.")
        raise FileRefused((FileFault("", 0, fault, {"limit": LARGEST_FILE // 1_000_000}),))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused((FileFault("", 0, N_("Có chữ không phải mã UTF-8.")),)) from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(";"))))


def _known(reader: Reader, code: str) -> Agency:
    found = reader.directory.agency(code)
    if found is None:
        raise Refused(Code.UNKNOWN_AGENCY, agency=code)
    return found


def _succession_page(reader: Reader, planned: list[Plan], faults: tuple[str, ...], typed: dict[str, str]) -> Response:
    names = tuple(sorted({agency.name for agency in reader.directory.agencies}))
    found = planned[0] if planned else None
    view = SuccessionView(
        found,
        names,
        reader.directory.agency_name(found.old) if found else "",
        reader.directory.agency_name(found.new) if found else "",
        faults=faults,
        typed=typed,
    )
    return page("admin/succession.html", reader.language, reader, view, status=view.status)


def _page(
    office: Office,
    reader: Reader,
    agency: Agency | None,
    *,
    form: AgencyForm | None = None,
    faults: tuple[str, ...] = (),
    done: str = "",
) -> Response:
    directory = office.reference().directory
    fresh = directory.agency(agency.code) if agency else None
    shown = form
    if shown is None and fresh is not None:
        since, until = (f"{day:%d/%m/%Y}" if day else "" for day in (fresh.valid_from, fresh.valid_until))
        aliases = "\n".join(fresh.aliases)
        shown = AgencyForm(fresh.code, fresh.name, fresh.kind, fresh.field or "", aliases, since, until)
    view = AgencyView(
        fresh,
        version_of(directory, fresh) if fresh else "",
        KINDS,
        tuple((field.code, field.name) for field in directory.fields),
        faults=faults,
        done=done,
        typed=dict(vars(shown or AgencyForm("", "", "department", "", "", "", ""))),
    )
    return page("admin/agency.html", reader.language, reader, view, status=view.status)
