"""A person's deadlines as iCalendar, which his calendar program reads by a secret address."""

import contextlib
import datetime as dt
from urllib.parse import quote

from icalendar import Calendar, Event
from sqlalchemy import select

from database.engine import reading
from database.figures import Filter
from database.reference import Reference
from documents.language import N_, Language, sentence
from documents.phrases import deadline_words
from models.directive import Directive
from models.local_time import local_day
from models.sight import concern_of
from models.tables import DIRECTIVE
from models.tokens import TokenScope
from services import tokens
from services.office import Office

REFRESH = dt.timedelta(hours=1)
"""How often a calendar program is asked to look again."""

TITLE_LETTERS = 120


def calendar_of(office: Office, secret: str, base_url: str, language: Language = Language.VI) -> bytes | None:
    """The open directives with a deadline that concern the person whose secret this is; None when it is nobody's.

    Args:
        base_url: the address of the web part, without `/` at its end.
    """
    holder = tokens.find(office, secret)
    if holder is None or holder.token.scopes != (TokenScope.CALENDAR,):
        return None
    person = holder.token.person
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        only = Filter(open_only=True, scope=concern_of(person, reference.directory, local_day(now)))
        rows = connection.execute(
            select(DIRECTIVE.c.state)
            .where(*only.conditions(now), DIRECTIVE.c.due_at.is_not(None))
            .order_by(DIRECTIVE.c.due_at, DIRECTIVE.c.code)
        )
        found = []
        for row in rows:
            with contextlib.suppress(ValueError):  # one that this release cannot read hides no other (RULES 18)
                found.append(Directive.model_validate_json(row.state))
    calendar = Calendar()
    calendar.add("prodid", "-//dondoc//Don Doc//VI")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", sentence(N_("Thời hạn nhiệm vụ – Đôn Đốc"), language))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for directive in found:
        calendar.add_component(_event(directive, reference, base_url, language))
    return bytes(calendar.to_ical())


def _event(directive: Directive, reference: Reference, base_url: str, language: Language) -> Event:
    """One deadline, as a whole day or at the hour that it names; the same event for ever, newer with each act."""
    deadline = directive.deadline
    if deadline is None:
        raise ValueError(f"{directive.code} has no deadline")
    names = reference.directory
    address = f"{base_url}/directives/{quote(directive.code, safe='')}"
    title = " ".join(directive.content.split())
    event = Event()
    event.add("uid", f"{quote(directive.code, safe='')}@dondoc")
    event.add("sequence", directive.seq)
    event.add("dtstamp", directive.updated_at)
    event.add("last-modified", directive.updated_at)
    event.add("summary", f"{directive.code}: {title[:TITLE_LETTERS]}")
    if deadline.time is None:
        event.add("dtstart", deadline.last_day)
        event.add("transp", "TRANSPARENT")
    else:
        event.add("dtstart", deadline.due_at)
    event.add(
        "description",
        "\n".join(
            (
                directive.content,
                sentence(N_("Cơ quan chủ trì: {agency}"), language, agency=names.agency_name(directive.lead_agency)),
                sentence(N_("Trạng thái: {status}"), language, status=directive.status),
                sentence(N_("Thời hạn: {deadline}"), language, deadline=deadline_words(deadline, language)),
                address,
            )
        ),
    )
    event.add("url", address)
    return event
