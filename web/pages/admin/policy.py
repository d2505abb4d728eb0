"""The policy: the version in force, those before it, and an editor that checks, compares, tries and puts in force."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from documents.dates import short_instant
from documents.intake_values import plain_text
from documents.language import N_, Language, sentence
from documents.moment_words import audience_words, step_words
from models.moments import Moment
from models.refusal import Code, Refused
from services.office import Office
from services.policies import MomentChange, PolicyVersion, Simulation, activate, policy_versions, simulate
from web.pages.admin.gate import AdminView, administrator, done_words, led_to, number_of, tried
from web.rendering import Reader, page

CHANGES_SHOWN: Final = 50

CHANGES: Final[dict[str, str]] = {
    "added": N_("thêm"),
    "removed": N_("bỏ"),
    "moved": N_("đổi giờ"),
    "other_people": N_("đổi người nhận"),
}
"""How a moment differs, by `services.policies.Change`."""

Text = Annotated[str, Form()]


@dataclass(frozen=True)
class DifferenceLine:
    """One line of a difference; `kind` is `ins`, `del`, `same` or `place`."""

    kind: str
    text: str


@dataclass(frozen=True)
class ChangedMoment:
    """One moment that would be another one, in words."""

    code: str
    change: str
    step: str
    before: str
    after: str


@dataclass(frozen=True)
class Trial:
    """What a text would do, were it put in force now."""

    difference: tuple[DifferenceLine, ...]
    simulation: Simulation
    changes: tuple[ChangedMoment, ...]
    before: int
    after: int


@dataclass(frozen=True)
class PolicyView(AdminView):
    """The editor; `trial` once a text was checked without a fault."""

    versions: tuple[PolicyVersion, ...]
    text: str
    seen: int
    trial: Trial | None
    reason: str = ""


def policy_routes(office: Office) -> APIRouter:
    """The pages `/admin/policy`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/policy")
    def shown(request: Request, version: str = "") -> Response:
        reader = administrator(request, office)
        versions = policy_versions(office)
        wanted = number_of(version) if version else versions[0].version
        chosen = next((one for one in versions if one.version == wanted), None)
        if chosen is None:
            raise Refused(Code.NOT_FOUND)
        view = PolicyView(versions, chosen.text, versions[0].version, None, done=done_words(request, reader.language))
        return page("admin/policy.html", reader.language, reader, view)

    @router.post("/admin/policy/check")
    def check(request: Request, text: Text = "", reason: Text = "") -> Response:
        return _checked(office, administrator(request, office), _lines(text), reason)

    @router.post("/admin/policy/apply")
    def apply(request: Request, text: Text = "", reason: Text = "", seen: Text = "") -> Response:
        reader = administrator(request, office)
        done = ["same"]

        def act() -> None:
            if not reason.strip():
                raise Refused(Code.REASON_REQUIRED)
            known = number_of(seen)
            if activate(office, _lines(text), reader.actor.person, plain_text(reason), known or 0) is not None:
                done[0] = "activated"

        faults = tried(reader, act)
        return _checked(office, reader, _lines(text), reason, faults) if faults else led_to("/admin/policy", done[0])

    return router


def _lines(text: str) -> str:
    """Undo what browsers make of line breaks."""
    return text.replace("\r\n", "\n")


def _checked(office: Office, reader: Reader, text: str, reason: str, refused: tuple[str, ...] = ()) -> Response:
    versions = policy_versions(office)
    found: list[Simulation] = []
    faults = tried(reader, lambda: found.append(simulate(office, text)))
    trial = _trial(versions[0].text, text, found[0], reader.language) if found else None
    told = tuple(dict.fromkeys((*refused, *faults)))
    view = PolicyView(versions, text, versions[0].version, trial, reason, faults=told)
    return page("admin/policy.html", reader.language, reader, view, status=view.status)


def _trial(before: str, after: str, tried_out: Simulation, language: Language) -> Trial:
    return Trial(
        difference=tuple(difference(before, after)),
        simulation=tried_out,
        changes=tuple(_changed(change, language) for change in tried_out.changes[:CHANGES_SHOWN]),
        before=sum(one.before for one in tried_out.counts),
        after=sum(one.after for one in tried_out.counts),
    )


def difference(before: str, after: str) -> Iterator[DifferenceLine]:
    """What differs between two texts, line by line, with three lines around."""
    kinds = {"+": "ins", "-": "del", " ": "same"}
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3):
        if line.startswith("@@"):
            yield DifferenceLine("place", line.strip("@ "))
        elif not line.startswith(("--- ", "+++ ")):
            yield DifferenceLine(kinds[line[:1] or " "], line[1:])


def _changed(change: MomentChange, language: Language) -> ChangedMoment:
    def told(moment: Moment | None) -> str:
        if moment is None:
            return ""
        return f"{short_instant(moment.at)}, {audience_words(moment.audience, language)}"

    return ChangedMoment(
        change.code,
        sentence(CHANGES[change.change.value], language),
        step_words(change.moment.clock, change.moment.step, language),
        told(change.before),
        told(change.after),
    )
