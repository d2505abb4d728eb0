"""PostgreSQL that gives no answer must not keep our threads: a connection that waits for so long and no longer."""

import select
from typing import Any, TypeVar

import psycopg
from psycopg import abc
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError

CONNECT_SECONDS = 3
"""How long the server may take to let us in. A living one takes milliseconds."""

Answered = TypeVar("Answered")


def bind(engine: Engine, answer_within: float | None) -> None:
    """Let the engine's connections wait so long for each answer, and tell what is wrong with the server as one kind.

    Args:
        answer_within: seconds for one statement; None for as long as it takes.
    """

    class Bounded(psycopg.Connection[psycopg.rows.TupleRow]):
        """A connection that is given up when the server is silent. Cancelling would wait for the same server."""

        def wait(
            self, gen: abc.PQGen[Answered], interval: float = 0.1, timeout: float | None = answer_within
        ) -> Answered:
            try:
                return super().wait(gen, interval, timeout)
            except psycopg.errors._WaitTimeout:  # noqa: SLF001 - the driver has no public name for it
                self.pgconn.finish()
                silent = f"the server has not answered for {timeout:g} seconds"
                raise psycopg.OperationalError(silent) from None

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: object, _record: object, arguments: list[str], named: dict[str, Any]
    ) -> psycopg.Connection[psycopg.rows.TupleRow]:
        connection: psycopg.Connection[psycopg.rows.TupleRow] = Bounded.connect(
            *arguments, **{"connect_timeout": CONNECT_SECONDS, **named}
        )
        return connection

    event.listen(engine, "handle_error", _as_operational)
    ask = engine.dialect.do_ping

    def do_ping(connection: Any) -> bool:  # noqa: ANN401 - a driver's connection
        """Whether a connection of the pool still stands, asked of the server only where it has said something.

        A server that ends a connection sends something or closes the socket, so one on which nothing has come stands
        as far as the server could tell; each transaction would pay a question and an answer more.
        """
        return not _has_come(connection.fileno()) or ask(connection)

    engine.dialect.do_ping = do_ping  # type: ignore[method-assign,assignment]


def _has_come(socket: int) -> bool:
    """Whether something can be read from a socket, its end among it."""
    looking = select.poll()
    looking.register(socket, select.POLLIN | select.POLLPRI | _HUNG_UP)
    return bool(looking.poll(0))


_HUNG_UP = getattr(select, "POLLRDHUP", 0)


def _as_operational(context: ExceptionContext) -> None:
    """A server that takes reads only is a state of the server, as a locked or full one is: it passes.

    The driver counts it among its internal errors, so whoever waits for a database to come back would not know it.
    """
    if isinstance(context.original_exception, psycopg.errors.ReadOnlySqlTransaction):
        raise OperationalError(context.statement, None, context.original_exception, hide_parameters=True)
