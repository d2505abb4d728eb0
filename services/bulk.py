"""One act on several directives: each is judged, kept and answered for itself."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from database.engine import reading
from database.snapshots import read_snapshots
from models.directive import Directive
from models.refusal import Code, Refused
from models.sight import Scope
from services.acting import Desk, Wish

MOST: Final = 100
"""Directives in one go."""


@dataclass(frozen=True)
class Outcome:
    """What became of the act on one directive; `refused` says why not."""

    code: str
    outcome: Literal["recorded", "kept", "refused"]
    refused: Refused | None = None


async def act_on_all(desk: Desk, scope: Scope, wishes: Sequence[Wish]) -> tuple[Outcome, ...]:
    """Carry out the same kind of act on several directives, in the order given.

    What the person may not see is answered like what does not exist.

    Raises:
        Refused: unreadable, more than MOST.
        sqlalchemy.exc.OperationalError: the database cannot be asked or written now.
    """
    if len(wishes) > MOST:
        raise Refused(Code.UNREADABLE, field="code")
    seen = await asyncio.to_thread(_seen, desk, scope, [wish.code for wish in wishes])
    return tuple(await asyncio.gather(*(_act(desk, wish, sees=wish.code in seen) for wish in wishes)))


def own_id(wish: Wish, form: str) -> Wish:
    """The same wish under an id of its own that follows from its form's: sent again, it is the same wish."""
    name = f"{form}/{wish.command.kind}/{wish.code}"
    return replace(wish, id=str(uuid.uuid5(uuid.NAMESPACE_URL, name)) if form else None)


async def _act(desk: Desk, wish: Wish, *, sees: bool) -> Outcome:
    if not sees:
        return Outcome(wish.code, "refused", Refused(Code.NOT_FOUND, directive=wish.code))
    try:
        sent = await desk.act(wish)
    except Refused as refused:
        return Outcome(wish.code, "refused", refused)
    return Outcome(wish.code, sent.outcome)


def _seen(desk: Desk, scope: Scope, codes: Sequence[str]) -> frozenset[str]:
    with reading(desk.office.engine) as connection:
        found = read_snapshots(connection, codes)
    return frozenset(code for code, (_, state) in found.items() if scope.covers(Directive.model_validate_json(state)))
