"""Every command, in every state, by every role: allowed, or refused with which code. Written by hand.

Columns are the states, rows the roles; `sed -n` of one table answers "who may do what, and when".
`+ext` has a pending request for an extension, `+exp` a pending demand for an explanation. "own" is an officer of
the Office where the Office itself leads. `ok` is allowed; every other word is a code of the legend.
"""

from collections.abc import Iterator
from functools import cache

import pytest
from builders import (
    ADMINISTRATOR,
    COORDINATING,
    COORDINATING_AGENCY,
    EXAMPLES,
    INSPECTOR,
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OFFICE,
    OTHER,
    OTHER_AGENCY,
    SECRETARIAT,
    a_directive,
    apply,
    local,
    recorded,
)

from models import commands as c
from models.directive import Directive
from models.life import decide, fold
from models.refusal import Code, Refused

NOW = local("Tue 2026-03-03 10:00")

LEGEND = {
    "role": Code.NOT_ALLOWED,
    "lead": Code.NOT_LEAD_AGENCY,
    "party": Code.NOT_CONCERNED,
    "coord": Code.NOT_COORDINATING_AGENCY,
    "own": Code.OWN_AGENCY,
    "state": Code.WRONG_STATE,
    "absent": Code.NOT_FOUND,
    "taken": Code.ALREADY_REGISTERED,
    "nolead": Code.NO_LEAD_AGENCY,
    "asked": Code.EXTENSION_PENDING,
    "unasked": Code.NO_EXTENSION_PENDING,
    "posed": Code.EXPLANATION_PENDING,
    "unposed": Code.NO_EXPLANATION_PENDING,
}

COLUMNS = ["none", "regist", "assign", "progrs", "submit", "declin", "suspen", "compl", "cancel"]
COLUMNS += ["pr+ext", "pr+exp", "su+ext", "su+exp"]

MATRIX = """
register       none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  ok     taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken
  leader       role   role   role   role   role   role   role   role   role   role   role   role   role
  lead         role   role   role   role   role   role   role   role   role   role   role   role   role
  coordinating role   role   role   role   role   role   role   role   role   role   role   role   role
  other        role   role   role   role   role   role   role   role   role   role   role   role   role
  inspector    role   role   role   role   role   role   role   role   role   role   role   role   role
  administrat. role   role   role   role   role   role   role   role   role   role   role   role   role
  own          ok     taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken

move_in        none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  ok     taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken
  leader       role   role   role   role   role   role   role   role   role   role   role   role   role
  lead         role   role   role   role   role   role   role   role   role   role   role   role   role
  coordinating role   role   role   role   role   role   role   role   role   role   role   role   role
  other        role   role   role   role   role   role   role   role   role   role   role   role   role
  inspector    role   role   role   role   role   role   role   role   role   role   role   role   role
  administrat. role   role   role   role   role   role   role   role   role   role   role   role   role
  own          ok     taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken  taken

assign         none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent ok     state  state  state  ok     state  state  state  state  state  state  state
  leader       absent ok     state  state  state  ok     state  state  state  state  state  state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent ok     state  state  state  ok     state  state  state  state  state  state  state

reassign       none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent ok     ok     ok     ok     ok     state  state  state  ok     ok     state  state
  leader       absent ok     ok     ok     ok     ok     state  state  state  ok     ok     state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent ok     ok     ok     ok     ok     state  state  state  ok     ok     state  state

acknowledge    none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  leader       absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  lead         absent lead   ok     state  state  state  state  state  state  state  state  state  state
  coordinating absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  other        absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  inspector    absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  administrat. absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  own          absent lead   ok     state  state  state  state  state  state  state  state  state  state

decline        none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  leader       absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  lead         absent lead   ok     state  state  state  state  state  state  state  state  state  state
  coordinating absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  other        absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  inspector    absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  administrat. absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  own          absent lead   ok     state  state  state  state  state  state  state  state  state  state

report_progress none  regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent party  party  party  party  party  party  party  party  party  party  party  party
  leader       absent party  party  party  party  party  party  party  party  party  party  party  party
  lead         absent party  ok     ok     state  state  state  state  state  ok     ok     state  state
  coordinating absent state  ok     ok     state  state  state  state  state  ok     ok     state  state
  other        absent party  party  party  party  party  party  party  party  party  party  party  party
  inspector    absent party  party  party  party  party  party  party  party  party  party  party  party
  administrat. absent party  party  party  party  party  party  party  party  party  party  party  party
  own          absent party  ok     ok     state  state  state  state  state  ok     ok     state  state

request_extension none regist assign progrs submit declin suspen compl cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  leader       absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  lead         absent lead   ok     ok     ok     state  state  state  state  asked  ok     state  state
  coordinating absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  other        absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  inspector    absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  administrat. absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  own          absent lead   ok     ok     ok     state  state  state  state  asked  ok     state  state

decide_extension none  regist  assign  progrs  submit  declin  suspen  compl cancel pr+ext pr+exp  su+ext su+exp
  secretariat    absent unasked unasked unasked unasked unasked unasked state state  ok     unasked ok     unasked
  leader         absent unasked unasked unasked unasked unasked unasked state state  ok     unasked ok     unasked
  lead           absent role    role    role    role    role    role    role  role   role   role    role   role
  coordinating   absent role    role    role    role    role    role    role  role   role   role    role   role
  other          absent role    role    role    role    role    role    role  role   role   role    role   role
  inspector      absent role    role    role    role    role    role    role  role   role   role    role   role
  administrat.   absent role    role    role    role    role    role    role  role   role   role    role   role
  own            absent unasked own     own     own     own     own     own   own    own    own     own    own

submit         none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  leader       absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  lead         absent lead   state  ok     state  state  state  state  state  ok     ok     state  state
  coordinating absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  other        absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  inspector    absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  administrat. absent lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead   lead
  own          absent lead   state  ok     state  state  state  state  state  ok     ok     state  state

accept         none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent state  state  state  ok     state  state  state  state  state  state  state  state
  leader       absent state  state  state  ok     state  state  state  state  state  state  state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent state  own    own    own    own    own    own    own    own    own    own    own

return         none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent state  state  state  ok     state  state  state  state  state  state  state  state
  leader       absent state  state  state  ok     state  state  state  state  state  state  state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent state  own    own    own    own    own    own    own    own    own    own    own

suspend        none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent ok     ok     ok     ok     ok     state  state  state  ok     ok     state  state
  leader       absent ok     ok     ok     ok     ok     state  state  state  ok     ok     state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent ok     ok     ok     ok     ok     state  state  state  ok     ok     state  state

resume         none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent state  state  state  state  state  ok     state  state  state  state  ok     ok
  leader       absent state  state  state  state  state  ok     state  state  state  state  ok     ok
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent state  state  state  state  state  ok     state  state  state  state  ok     ok

amend          none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
  leader       absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok

urge           none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent nolead ok     ok     ok     ok     state  state  state  ok     ok     state  state
  leader       absent nolead ok     ok     ok     ok     state  state  state  ok     ok     state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent nolead ok     ok     ok     ok     state  state  state  ok     ok     state  state

demand_explanation none regist assign progrs submit declin suspen compl cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent nolead ok     ok     ok     ok     state  state  state  ok     posed  state  state
  leader       absent nolead ok     ok     ok     ok     state  state  state  ok     posed  state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent nolead ok     ok     ok     ok     state  state  state  ok     posed  state  state

explain        none  regist  assign  progrs  submit  declin  suspen  compl cancel pr+ext  pr+exp su+ext  su+exp
  secretariat  absent lead   lead    lead    lead    lead    lead    lead  lead   lead    lead   lead    lead
  leader       absent lead   lead    lead    lead    lead    lead    lead  lead   lead    lead   lead    lead
  lead         absent lead   unposed unposed unposed unposed unposed state state  unposed ok     unposed ok
  coordinating absent lead   lead    lead    lead    lead    lead    lead  lead   lead    lead   lead    lead
  other        absent lead   lead    lead    lead    lead    lead    lead  lead   lead    lead   lead    lead
  inspector    absent lead   lead    lead    lead    lead    lead    lead  lead   lead    lead   lead    lead
  administrat. absent lead   lead    lead    lead    lead    lead    lead  lead   lead    lead   lead    lead
  own          absent lead   unposed unposed unposed unposed unposed state state  unposed ok     unposed ok

contribute     none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord
  leader       absent coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord
  lead         absent coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord
  coordinating absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
  other        absent coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord
  inspector    absent coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord
  administrat. absent coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord
  own          absent coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord  coord

comment        none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
  leader       absent ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
  lead         absent party  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
  coordinating absent ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
  other        absent party  party  party  party  party  party  party  party  party  party  party  party
  inspector    absent party  party  party  party  party  party  party  party  party  party  party  party
  administrat. absent party  party  party  party  party  party  party  party  party  party  party  party
  own          absent ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     ok

cancel         none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
  leader       absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok

reopen         none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent state  state  state  state  state  state  ok     ok     state  state  state  state
  leader       absent state  state  state  state  state  state  ok     ok     state  state  state  state
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent role   role   role   role   role   role   role   role   role   role   role   role
  own          absent state  state  state  state  state  state  ok     ok     state  state  state  state

succeed        none   regist assign progrs submit declin suspen compl  cancel pr+ext pr+exp su+ext su+exp
  secretariat  absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
  leader       absent role   role   role   role   role   role   role   role   role   role   role   role
  lead         absent role   role   role   role   role   role   role   role   role   role   role   role
  coordinating absent role   role   role   role   role   role   role   role   role   role   role   role
  other        absent role   role   role   role   role   role   role   role   role   role   role   role
  inspector    absent role   role   role   role   role   role   role   role   role   role   role   role
  administrat. absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
  own          absent ok     ok     ok     ok     ok     ok     state  state  ok     ok     ok     ok
"""

ACTORS = {
    "secretariat": SECRETARIAT,
    "leader": LEADER,
    "lead": LEAD_AGENCY,
    "coordinating": COORDINATING_AGENCY,
    "other": OTHER_AGENCY,
    "inspector": INSPECTOR,
    "administrat.": ADMINISTRATOR,
    "own": SECRETARIAT,
}

COMMANDS = {
    **EXAMPLES,
    # A coordinating agency is there in every state, registered included.
    "succeed": c.Succeed(old_agency=COORDINATING, new_agency=OTHER, reason="Sắp xếp bộ máy"),
}

STATES = {
    "regist": ("registered", None),
    "assign": ("assigned", None),
    "progrs": ("in_progress", None),
    "submit": ("submitted", None),
    "declin": ("declined", None),
    "suspen": ("suspended", None),
    "compl": ("completed", None),
    "cancel": ("cancelled", None),
    "pr+ext": ("in_progress", "request_extension"),
    "pr+exp": ("in_progress", "demand_explanation"),
    "su+ext": ("suspended", "request_extension"),
    "su+exp": ("suspended", "demand_explanation"),
}


@cache
def in_state(column: str, lead: str) -> Directive | None:
    if column == "none":
        return None
    status, pending = STATES[column]
    if pending is None:
        return a_directive(status, lead=lead)
    directive = a_directive("in_progress", lead=lead)
    agency = SECRETARIAT if lead == OFFICE else LEAD_AGENCY
    asks = agency if pending == "request_extension" else LEADER
    directive = apply(directive, EXAMPLES[pending], asks, "2026-03-02 10:00")
    if status == "suspended":
        directive = apply(directive, EXAMPLES["suspend"], LEADER, "2026-03-02 11:00")
    return directive


def cells() -> Iterator[tuple[str, str, str, str]]:
    command = ""
    for line in MATRIX.strip().splitlines():
        words = line.split()
        if not words:
            continue
        if not line.startswith(" "):
            command, *header = words
            assert header == COLUMNS, f"the columns of {command} are not in order"
            continue
        role, *expected = words
        yield from ((command, role, column, word) for column, word in zip(COLUMNS, expected, strict=True))


CELLS = tuple(cells())


def verdict(directive: Directive | None, command: c.Command, actor: c.Actor) -> str:
    try:
        decide(directive, command, actor, NOW)
    except Refused as refused:
        return next(word for word, code in LEGEND.items() if code is refused.code)
    return "ok"


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_command_in_every_state_by_every_role_is_allowed_or_refused_as_the_table_says(kind: str) -> None:
    expected = {(role, column): word for command, role, column, word in CELLS if command == kind}

    found = {
        (role, column): verdict(in_state(column, OFFICE if role == "own" else LEAD), COMMANDS[kind], ACTORS[role])
        for role, column in expected
    }

    assert found == expected


def test_the_table_has_every_command_every_role_and_every_state_once() -> None:
    every = {(command, role, column) for command in EXAMPLES for role in ACTORS for column in COLUMNS}

    assert len(CELLS) == len(set(CELLS)) == len(every) == 23 * 8 * 13
    assert {(command, role, column) for command, role, column, _ in CELLS} == every


def test_every_command_that_can_be_sent_is_in_the_table() -> None:
    sendable = set(c.COMMANDS.json_schema()["discriminator"]["mapping"])

    assert sendable == set(EXAMPLES)


def test_what_the_table_allows_also_follows() -> None:
    """Every allowed command's events fold into a directive; none leaves one that the fold cannot take."""
    for kind, role, column, word in CELLS:
        if word != "ok":
            continue
        directive = in_state(column, OFFICE if role == "own" else LEAD)

        after = fold(recorded(directive, COMMANDS[kind], ACTORS[role], NOW), directive)

        assert after is not None
        assert after.seq > (directive.seq if directive else 0)
