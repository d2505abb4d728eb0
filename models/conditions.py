"""Who may, and in which state: the conditions that `decide` asks for, each with the refusal that it ends in."""

import datetime as dt

from models.commands import Actor
from models.directive import Directive
from models.refusal import Code, Refused
from models.vocabulary import Role, Status


def require_unchanged(directive: Directive, seen_seq: int | None) -> None:
    """Refuse when somebody acted since the person looked; moments do not count.

    Args:
        seen_seq: the last event that the person saw; None when he did not ask for this.

    Raises:
        Refused: changed_meanwhile, with who did what.
    """
    last = directive.last_event
    if seen_seq is not None and last.seq > seen_seq:
        raise Refused(
            Code.CHANGED_MEANWHILE,
            directive=directive.code,
            last=last.kind,
            actor=last.actor,
            at=last.at.isoformat(),
        )


def working_agencies(actor: Actor) -> frozenset[str]:
    """The agencies for which he may do an agency's work; inspectors and administrators do none."""
    return actor.agencies if actor.roles & {Role.AGENCY, Role.SECRETARIAT} else frozenset()


def coordinating_agency(directive: Directive, actor: Actor) -> str | None:
    """The coordinating agency for which he acts; None when there is none."""
    agencies = working_agencies(actor)
    return next((agency for agency in directive.coordinating_agencies if agency in agencies), None)


def require_coordinating(directive: Directive, agencies: tuple[str, ...]) -> None:
    """Ask that all of these coordinate; else not_coordinating_agency, with those that do not."""
    others = [agency for agency in agencies if agency not in directive.coordinating_agencies]
    if others:
        raise Refused(Code.NOT_COORDINATING_AGENCY, directive=directive.code, agency=", ".join(others))


def require_role(directive: Directive | None, actor: Actor, roles: frozenset[Role], command: str) -> None:
    """Ask for one of these roles; else not_allowed."""
    if not actor.roles & roles:
        raise Refused(Code.NOT_ALLOWED, directive=directive and directive.code, command=command)


def require_lead(directive: Directive, actor: Actor) -> str:
    """Ask that he acts for the lead agency and name it; else not_lead_agency."""
    if directive.lead_agency is None or directive.lead_agency not in working_agencies(actor):
        raise Refused(
            Code.NOT_LEAD_AGENCY,
            directive=directive.code,
            agency=", ".join(sorted(actor.agencies)),
            lead=directive.lead_agency,
        )
    return directive.lead_agency


def require_led(directive: Directive) -> None:
    """Ask that some agency leads; else no_lead_agency."""
    if directive.lead_agency is None:
        raise Refused(Code.NO_LEAD_AGENCY, directive=directive.code)


def require_other_agency(directive: Directive, actor: Actor) -> None:
    """Ask that he is not of the lead agency, in person or as a deputy (RULES 20); else own_agency."""
    if directive.lead_agency is not None and directive.lead_agency in (actor.agencies | actor.connected_agencies):
        raise Refused(Code.OWN_AGENCY, directive=directive.code, agency=directive.lead_agency)


def require_status(directive: Directive, statuses: tuple[Status, ...], command: str) -> None:
    """Ask for one of these statuses; else wrong_state, with who did what last."""
    if directive.status not in statuses:
        raise Refused(
            Code.WRONG_STATE,
            directive=directive.code,
            status=directive.status,
            command=command,
            last=directive.last_event.kind,
            actor=directive.last_event.actor,
            at=directive.last_event.at.isoformat(),
        )


def require_future(due_at: dt.datetime, now: dt.datetime) -> None:
    """Ask that an instant lies ahead; else deadline_in_past."""
    if due_at <= now:
        raise Refused(Code.DEADLINE_IN_PAST, due_at=due_at.isoformat())


def given_reason(reason: str) -> str:
    """The reason that was given; else reason_required."""
    if not reason.strip():
        raise Refused(Code.REASON_REQUIRED)
    return reason


def given_text(text: str) -> str:
    """The text that was given; else text_required."""
    if not text.strip():
        raise Refused(Code.TEXT_REQUIRED, field="text")
    return text
