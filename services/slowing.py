"""Wrong tries slow the next ones, by account and by network address."""

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from database.engine import writing
from models.refusal import Code, Refused
from models.sign_in import FREE_TRIES, FREE_TRIES_OF_AN_ADDRESS, Failures
from models.tables import FAILURE
from services.office import Office


def require_patience(connection: Connection, keys: tuple[str, ...], now: dt.datetime) -> None:
    """Let the next try pass only once it is its time.

    Args:
        keys: what earlier wrong tries slow; one that begins with `|` is an address.

    Raises:
        Refused: too_many_tries.
    """
    for key in keys:
        free = FREE_TRIES_OF_AN_ADDRESS if key.startswith("|") else FREE_TRIES
        may_try_at = _failures(connection, key).may_try_at(now, free)
        if may_try_at > now:
            raise Refused(Code.TOO_MANY_TRIES, seconds=int((may_try_at - now).total_seconds()) + 1)


def note_failure(office: Office, keys: tuple[str, ...], now: dt.datetime) -> None:
    """Count a wrong try in a transaction of its own."""
    with writing(office.engine) as connection:
        count_failure(connection, keys, now)


def count_failure(connection: Connection, keys: tuple[str, ...], now: dt.datetime) -> None:
    """Count a wrong try, so that the next ones wait."""
    for key in keys:
        failures = _failures(connection, key).after(now)
        values = {"count": failures.count, "last_at": failures.last_at}
        if connection.execute(update(FAILURE).where(FAILURE.c.key == key).values(**values)).rowcount == 0:
            connection.execute(insert(FAILURE).values(key=key, **values))


def _failures(connection: Connection, key: str) -> Failures:
    row = connection.execute(select(FAILURE).where(FAILURE.c.key == key)).first()
    return Failures() if row is None else Failures(count=row.count, last_at=row.last_at)
