"""Writing open directives anew with the key that writes now, so that an older key can be taken away."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from google.protobuf.message import Message
from sqlalchemy import select
from temporalio.api.common.v1 import Payload, SearchAttributes
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from database.engine import reading
from database.ledger import read_rows
from models.events import Recorded
from models.payload_keys import PayloadKey
from models.tables import DIRECTIVE
from services.keepers import CLOSED
from services.office import Office
from services.payload_encryption import key_id_of
from services.temporal import begin_anew, handle, remembered
from workflows.queue import TASK_QUEUE

AT_ONCE: Final = 16

OURS_IN_A_MARKER: Final = "result"
"""What of a local activity's marker goes through our codec; the rest is the SDK's own, without content."""


async def renew(
    office: Office,
    client: Client,
    keys: tuple[PayloadKey, ...],
    progress: Callable[[int, int], None],
    task_queue: str = TASK_QUEUE,
) -> tuple[int, int, list[str]]:
    """Start each open directive again from the ledger whose run holds anything that was not written as we write now.

    Args:
        keys: of this process and its worker, the first of which writes; none where all is to be in clear.

    Returns: how many were written anew, how many needed nothing, and the codes that could not be.
    """
    with reading(office.engine) as connection:
        codes = list(connection.scalars(select(DIRECTIVE.c.code).where(DIRECTIVE.c.status.not_in(CLOSED))))
    gate, results = asyncio.Semaphore(AT_ONCE), dict[str, bool | None]()

    async def look(code: str) -> None:
        async with gate:
            try:
                results[code] = await _renew_one(office, client, code, [key.id.encode() for key in keys], task_queue)
            except TemporalError:
                results[code] = None
            progress(len(results), len(codes))

    await asyncio.gather(*(look(code) for code in codes))
    outcomes = list(results.values())
    return outcomes.count(True), outcomes.count(False), [code for code, done in results.items() if done is None]


async def _renew_one(office: Office, client: Client, code: str, keys: list[bytes], task_queue: str) -> bool:
    """Whether it was started again; what does not run has nothing that could be written anew."""
    try:
        wrote = {
            key_id_of(payload)
            async for event in handle(client, code).fetch_history_events()
            for payload in payloads_of(event)
        }
        if wrote <= {keys[0] if keys else None}:
            return False
        rows, shift = await asyncio.to_thread(_stored, office, code)
        if wrote <= {None, *keys}:  # what no key of ours opens remembers nothing
            rows = await remembered(client, code, rows)
        await begin_anew(client, code, rows, shift, task_queue)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


def _stored(office: Office, code: str) -> tuple[tuple[Recorded, ...], float]:
    with reading(office.engine) as connection:
        return read_rows(connection, code), office.reference(connection).clock_shift


def payloads_of(event: HistoryEvent) -> Iterator[Payload]:
    """All that went through our codec in one event."""
    if event.HasField("marker_recorded_event_attributes"):
        marker = event.marker_recorded_event_attributes
        yield from marker.details[OURS_IN_A_MARKER].payloads if OURS_IN_A_MARKER in marker.details else ()
        yield from _payloads_in(marker.failure)
    else:
        yield from _payloads_in(event)


def _payloads_in(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    if isinstance(message, SearchAttributes):
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            parts = [one for one in value.values() if isinstance(one, Message)]
        elif isinstance(value, Message):
            parts = [value]
        else:
            parts = list(value)
        for part in parts:
            yield from _payloads_in(part)
