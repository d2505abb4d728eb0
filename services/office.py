"""What every use case needs: the database, the reference data, and the one clock of the shell."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Connection, Engine

from database.engine import open_engine, reading
from database.reference import Reference, ReferenceCache
from models.vocabulary import Role


@dataclass
class Office:
    """The office as one process sees it.

    Attributes:
        second_factor_of: the roles that have to have a second factor before anything else.
    """

    engine: Engine
    references: ReferenceCache = field(default_factory=ReferenceCache)
    second_factor_of: frozenset[Role] = field(default=frozenset(), kw_only=True)

    @classmethod
    def at(cls, database_url: str, lock_patience: float = 30.0, answer_within: float | None = None) -> Self:
        """The office whose database is at that URL; nothing is connected yet.

        Args:
            lock_patience: seconds to wait for a locked database.
            answer_within: seconds that a database server has for one statement; None for as long as it takes.
        """
        return cls(open_engine(database_url, lock_patience, answer_within))

    def reference(self, connection: Connection | None = None) -> Reference:
        """Directory, calendar and policy as they are now."""
        if connection is not None:
            return self.references.get(connection)
        with reading(self.engine) as own:
            return self.references.get(own)

    def now(self, reference: Reference | None = None) -> dt.datetime:
        """The instant that it is, in UTC; shifted only in tests (setting CLOCK).

        Args:
            reference: read already in this transaction.
        """
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=(reference or self.reference()).clock_shift)
