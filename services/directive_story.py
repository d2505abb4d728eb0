"""What people said and handed in about one directive, read out of its ledger: reports, results, opinions, comments."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models import events as e
from models.deadline import Deadline
from models.vocabulary import Grade, Opinion


@dataclass(frozen=True)
class Said:
    """Something that somebody said.

    Attributes:
        person: his code; `on_behalf_of` the absent person for whom he said it.
        agency: for which agency; empty for the Office and the leaders.
        files: as the ledger names them.
    """

    at: dt.datetime
    person: str
    on_behalf_of: str | None
    text: str
    agency: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A report on progress; `waiting_for` are the agencies without which it does not go on."""

    said: Said
    percent: int | None
    waiting_for: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """A result that was handed in, and what the office said to it; no verdict while it waits."""

    said: Said
    document_number: str
    verdict: Said | None = None
    accepted: bool = False
    grade: Grade | None = None


@dataclass(frozen=True)
class Explanation:
    """A demand for an explanation and its answer; none while it is owed, or when it lapsed."""

    demand: Said
    respond_by: Deadline | None
    answer: Said | None = None
    lapsed: bool = False


@dataclass(frozen=True)
class Contribution:
    """The opinion of a coordinating agency."""

    said: Said
    opinion: Opinion


@dataclass
class Story:
    """All of it, each in the order in which it happened; `contributions` keeps the last of each agency."""

    reports: list[Report] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    explanations: list[Explanation] = field(default_factory=list)
    contributions: dict[str, Contribution] = field(default_factory=dict)
    comments: list[Said] = field(default_factory=list)


def story_of(rows: Sequence[e.Recorded]) -> Story:
    """Read a directive's rows, in order."""
    story = Story()
    for row in rows:
        _read(story, row)
    return story


def _read(story: Story, row: e.Recorded) -> None:  # noqa: C901 - one arm an event
    match row.event:
        case e.ProgressReported() as event:
            said = _said(row, event.text, event.agency, event.attachments)
            story.reports.append(Report(said, event.percent, event.waiting_for))
        case e.Submitted() as event:
            said = _said(row, event.result, event.agency, event.attachments)
            story.results.append(Result(said, event.document_number))
        case e.MovedIn() as event:
            said = replace(_said(row, "", event.lead_agency), at=event.reported_at)
            story.results.append(Result(said, event.result_document, accepted=True))
        case e.Accepted() as event if story.results:
            verdict = _said(row, event.note)
            story.results[-1] = replace(story.results[-1], verdict=verdict, accepted=True, grade=event.grade)
        case e.Returned() as event if story.results:
            story.results[-1] = replace(story.results[-1], verdict=_said(row, event.reason))
        case e.ExplanationDemanded() as event:
            story.explanations.append(Explanation(_said(row, event.text), event.respond_by))
        case e.Explained() as event if story.explanations:
            answer = _said(row, event.text, event.agency)
            story.explanations[-1] = replace(story.explanations[-1], answer=answer)
        case e.Assigned() | e.Declined() as event if any(one.what == "explanation" for one in event.lapsed):
            story.explanations[-1:] = [replace(one, lapsed=True) for one in story.explanations[-1:]]
        case e.Contributed() as event:
            said = _said(row, event.text, event.agency)
            story.contributions[event.agency] = Contribution(said, event.opinion)
        case e.Commented() as event:
            story.comments.append(_said(row, event.text))
        case _:
            pass


def _said(row: e.Recorded, text: str, agency: str = "", files: tuple[str, ...] = ()) -> Said:
    return Said(row.at, row.actor, row.on_behalf_of, text, agency, files)
