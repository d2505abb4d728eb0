"""Changing the policy: its versions, trying another text on what is open, putting it in force; for administrators."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response
from pydantic import ConfigDict, Field

from models.moments import Moment
from models.refusal import Code, Refused
from models.vocabulary import Audience, Clock
from services.answers import Instant, Said
from services.office import Office
from services.policies import Change, MomentChange, Simulation, activate, policy_versions, simulate
from web.api.described import PREFIX, problems
from web.api.door import Keeps
from web.api.parts import Given, IdempotencyKey, Lines, Number, Text, answer, bad_part, no_such, once_in_thread

CHANGES_TOLD: Final = 500

_TAG: Final = re.compile(r'(?:W/)?"([0-9]{1,9})"')

SeenVersion = Annotated[
    str,
    Header(
        alias="If-Match",
        max_length=40,
        description="The ETag of the policy with which it was compared; 412 when another came in force since.",
        examples=['"1"'],
    ),
]


class VersionListed(Said):
    """One version, and since when it held."""

    version: int
    name: str
    since: Instant
    activated_by: str


class Versions(Said):
    """All versions, the one in force first."""

    items: tuple[VersionListed, ...]


class VersionSaid(VersionListed):
    """One version as it was written (YAML)."""

    text: str


class PolicyTried(Given):
    """A policy (YAML)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "name: …\nladders: …\n"}]})

    text: Text


class PolicyGiven(PolicyTried):
    """A policy to be put in force, and why."""

    reason: Lines


class MomentTold(Said):
    """A moment under one policy."""

    at: Instant
    audience: tuple[Audience, ...]
    level: int


class ChangeSaid(Said):
    """A moment of a directive that would be another one."""

    code: str
    change: Change
    clock: Clock
    step: str
    in_force: MomentTold | None
    simulated: MomentTold | None


class StepSaid(Said):
    """How many moments of one step the coming days hold under either policy."""

    clock: Clock
    step: str
    in_force: int
    simulated: int


class SimulationSaid(Said):
    """What it would say in the coming days if nobody acted; `changes` has the first 500 of `changed`."""

    directives: int
    start: Instant
    until: Instant
    counts: tuple[StepSaid, ...]
    changed: int
    changes: Annotated[tuple[ChangeSaid, ...], Field(max_length=CHANGES_TOLD)]


class Activated(Said):
    """The version in force; `changed` is false when it says what the one before says, so that nothing was done."""

    version: int
    changed: bool
    replanned: int


def version_routes(office: Office) -> APIRouter:
    """The routes that read the policy's versions."""
    router = APIRouter(prefix=PREFIX, tags=["calendar and policy"])

    @router.get("/policy/versions", operation_id="listPolicyVersions", responses=problems())
    def versions(caller: Keeps) -> Versions:
        """All versions of the policy."""
        del caller
        return Versions(
            items=tuple(
                VersionListed(version=one.version, name=one.name, since=one.since, activated_by=one.activated_by)
                for one in policy_versions(office)
            )
        )

    @router.get("/policy/versions/{id}", operation_id="getPolicyVersion", responses=problems(404))
    def version(caller: Keeps, id: Number) -> VersionSaid:  # noqa: A002
        """One version as it was written."""
        del caller
        found = next((one for one in policy_versions(office) if one.version == id), None)
        if found is None:
            raise no_such()
        return VersionSaid(**vars(found))

    return router


def policy_routes(office: Office) -> APIRouter:
    """The routes that try a policy and put it in force."""
    router = APIRouter(prefix=PREFIX, tags=["calendar and policy"])

    @router.post("/policy/preview", operation_id="previewPolicy", responses=problems(400, 413, 415))
    def preview(caller: Keeps, given: PolicyTried) -> SimulationSaid:
        """Check a policy and say what it would change for what is open; its faults are told by line (422)."""
        del caller
        return _simulation(simulate(office, given.text))

    @router.post(
        "/policy/versions",
        operation_id="activatePolicy",
        response_model=Activated,
        responses=problems(400, 409, 412, 413, 415),
    )
    async def put_in_force(
        caller: Keeps, given: PolicyGiven, if_match: SeenVersion, key: IdempotencyKey = None
    ) -> Response:
        """Put a policy in force from now on, as a new version."""
        found = _TAG.fullmatch(if_match.strip())
        if found is None:
            raise bad_part("header.If-Match")
        seen = int(found[1])

        def act() -> Response:
            if not given.reason:
                raise Refused(Code.REASON_REQUIRED)
            if seen != policy_versions(office)[0].version:
                raise Refused(Code.CHANGED_MEANWHILE)
            done = activate(office, given.text, caller.person, given.reason, seen)
            if done is None:
                return answer(Activated(version=seen, changed=False, replanned=0))
            return answer(Activated(version=done.version, changed=True, replanned=done.replanned))

        request = ("POST", "/policy/versions", given.model_dump_json(), if_match)
        return await once_in_thread(office, caller, key, request, act)

    return router


def _simulation(tried: Simulation) -> SimulationSaid:
    return SimulationSaid(
        directives=tried.directives,
        start=tried.start,
        until=tried.until,
        counts=tuple(
            StepSaid(clock=Clock(one.clock), step=one.step, in_force=one.before, simulated=one.after)
            for one in tried.counts
        ),
        changed=len(tried.changes),
        changes=tuple(map(_change, tried.changes[:CHANGES_TOLD])),
    )


def _change(one: MomentChange) -> ChangeSaid:
    def told(moment: Moment | None) -> MomentTold | None:
        return MomentTold(at=moment.at, audience=moment.audience, level=moment.level) if moment else None

    return ChangeSaid(
        code=one.code,
        change=one.change,
        clock=one.moment.clock,
        step=one.moment.step,
        in_force=told(one.before),
        simulated=told(one.after),
    )
