"""What a person could do with a directive now: exactly what `decide` would take from him, given a good form."""

import datetime as dt

from models import commands as c
from models.deadline import Deadline, make_deadline
from models.directive import Directive
from models.life import allowed_commands
from models.local_time import local_day
from models.vocabulary import Opinion

SOMEBODY = "?"
"""Stands for an agency that leads nothing yet: any that a person may choose in a form."""

_LATER = dt.timedelta(days=400)


def offers(directive: Directive, actor: c.Actor, now: dt.datetime) -> tuple[str, ...]:
    """Name the commands that a page shows to this person, in the order in which people think of them."""
    return allowed_commands(directive, actor, _examples(directive, now), now)


def _examples(directive: Directive, now: dt.datetime) -> tuple[c.Command, ...]:
    """Each command once, filled in so that only who he is and where the directive stands can refuse it."""
    deadline = _later(directive, now)
    return (
        c.Assign(agency=SOMEBODY, reason="?"),
        c.Acknowledge(),
        c.ReportProgress(text="?"),
        c.Submit(result="?"),
        c.Contribute(opinion=Opinion.AGREE, text="?"),
        c.Explain(text="?"),
        c.RequestExtension(deadline=deadline, reason="?"),
        c.Decline(reason="?"),
        c.Accept(),
        c.Return(reason="?"),
        c.DecideExtension(granted=True, citation="?"),
        c.Urge(text="?"),
        c.DemandExplanation(text="?"),
        c.Comment(text="?"),
        c.Amend(content=f"{directive.content}?", reason="?"),
        c.Reassign(agency=SOMEBODY, reason="?"),
        c.Suspend(reason="?"),
        c.Resume(deadline=deadline, reason="?") if directive.deadline is not None else c.Resume(reason="?"),
        c.Reopen(deadline=deadline, reason="?"),
        c.Cancel(reason="?"),
    )


def _later(directive: Directive, now: dt.datetime) -> Deadline:
    """A deadline after whatever there is."""
    days = [local_day(now), *([directive.deadline.day] if directive.deadline else [])]
    if directive.extension is not None and directive.extension.deadline is not None:
        days.append(directive.extension.deadline.day)
    return make_deadline(max(days) + _LATER)
