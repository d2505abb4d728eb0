"""How instants, days and JSON lie in a column, the same on SQLite and PostgreSQL."""

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

TEXT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""On SQLite an instant is text of fixed width in UTC, so that its order as text is its order in time."""


class Instant(TypeDecorator[dt.datetime]):
    """An instant: refuses naive values on the way in, returns UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, which drops the zone of a DateTime; `timestamptz` elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - by dialect
        """Write in UTC.

        Raises:
            ValueError: the instant has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        utc = value.astimezone(dt.UTC)
        return utc.strftime(TEXT_FORMAT).rjust(27, "0") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ANN401, ARG002
        """Read as UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            return dt.datetime.fromisoformat(value)
        instant: dt.datetime = value
        return instant.astimezone(dt.UTC)
