"""The API keeps what its description promises, whatever is sent: generated requests, checked by schemathesis."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest
import schemathesis
from api_office import MINE, furnish, no_temporal
from office_fixture import Desk
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from models.rate import Allowance
from services import tokens
from web.api import door
from web.app import create_app

CASES = 5_000
"""How many requests are sent at least, every time."""

PROOF_CASES = int(os.environ.get("DONDOC_API_CASES", "20000"))
"""How many the proof sends at least."""

OPERATIONS = 75
OF_ADMINISTRATORS = ("administration", "directory", "calendar and policy")
"""Tags of what an agency is refused before anything of its request is looked at."""

UNLIMITED = Allowance(name="test", quota=10_000_000, window=1)
EVERY_SCOPE = ("read", "write", "events", "admin")


@dataclass
class Outcome:
    """What a run sent and what it found."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.cases += other.cases
        self.statuses += other.statuses
        self.operations |= other.operations
        self.findings += other.findings

    def note(self, recorder: schemathesis.engine.recorder.ScenarioRecorder) -> None:
        self.operations.add(recorder.label)
        for number, interaction in recorder.interactions.items():
            self.cases += 1
            if interaction.response is not None:
                self.statuses[interaction.response.status_code] += 1
            for check in recorder.checks.get(number, ()):
                if check.failure_info is not None:
                    case = recorder.cases[number].value
                    self.findings.append(
                        f"{check.name}: {case.method} {case.formatted_path} {case.query} {str(case.body)[:300]}: "
                        f"{check.failure_info.failure.title} {check.failure_info.failure.message[:500]}"
                    )


@pytest.fixture
def desk(desk: Desk) -> Desk:
    furnish(desk)
    return desk


def run(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    person: str,
    cases_each: int,
    *,
    stateful: int = 0,
    code: str = "",
    but: Sequence[str] = (),
) -> Outcome:
    """Send generated requests in the name of a person whose token has every scope and no limit of rate."""
    monkeypatch.setattr(door, "READING", UNLIMITED)
    monkeypatch.setattr(door, "WRITING", UNLIMITED)
    _, secret = tokens.create(desk.office, person, "schemathesis", EVERY_SCOPE)
    config = SchemathesisConfig.from_dict(
        {
            "seed": 20260320,
            "headers": {"Authorization": f"Bearer {secret}"},
            "generation": {"max-examples": cases_each, "no-shrink": True, "database": "none"},
            # A well-formed name that the directory lacks is refused with 422, which no schema can know.
            "checks": {"positive_data_acceptance": {"enabled": False}},
            "phases": {"stateful": {"enabled": stateful > 0, "generation": {"max-examples": max(1, stateful)}}},
        }
    )
    if code:  # one that exists, so that what lies behind it is reached
        config.projects.default.update(parameters={"code": code})
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(desk.office, no_temporal), config=config)
    if but:
        schema = schema.exclude(tag=list(but))
    outcome = Outcome()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            outcome.note(event.recorder)
        elif isinstance(event, events.NonFatalError):
            outcome.findings.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return outcome


def judged(outcome: Outcome, cases: int) -> None:
    assert outcome.findings == []
    assert outcome.cases >= cases
    assert not [status for status in outcome.statuses if status >= 500]


@pytest.mark.slow
@pytest.mark.timeout(900)  # some 45 s of a core; a machine with other work gives it less
def test_whatever_is_sent_the_answer_is_one_that_is_described(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By an administrator, who reaches the inside of everything, and by an agency on a directive of its own."""
    whole = run(desk, monkeypatch, "quantri", 1, stateful=1)
    operations = set(whole.operations)
    own = run(desk, monkeypatch, "truong.syt", 2, code=MINE, but=OF_ADMINISTRATORS)
    whole.add(own)

    tell(whole, capsys)
    judged(whole, CASES)
    assert len(operations) >= OPERATIONS
    assert own.statuses[HTTPStatus.ACCEPTED] > 0, "some commands were taken"


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_tens_of_thousands_of_requests_find_no_error_of_ours(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Outcome()
    callers = (("quantri", ""), ("chanhvanphong", ""), ("chanhvanphong", MINE), ("truong.syt", MINE))
    for person, code in callers:
        each = PROOF_CASES // len(callers) // OPERATIONS + 1
        whole.add(run(desk, monkeypatch, person, each, stateful=20, code=code))

    tell(whole, capsys)
    judged(whole, PROOF_CASES)


def tell(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"{outcome.cases} requests: {dict(sorted(outcome.statuses.items()))}")  # noqa: T201 - the figure to report
