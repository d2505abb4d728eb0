"""How people want their mails; who has said nothing gets them as the policy says."""

from sqlalchemy import Connection, delete, insert, select

from models.tables import PREFERENCE


def digest_hours(connection: Connection) -> dict[str, int]:
    """The local hour at which a person wants his digest, for those who chose one; in the order of people."""
    rows = connection.execute(
        select(PREFERENCE.c.person, PREFERENCE.c.digest_hour)
        .where(PREFERENCE.c.digest_hour.is_not(None))
        .order_by(PREFERENCE.c.person)
    )
    return {row.person: row.digest_hour for row in rows}


def digest_hour(connection: Connection, person: str) -> int | None:
    """The hour that he chose; None for the policy's."""
    return connection.execute(select(PREFERENCE.c.digest_hour).where(PREFERENCE.c.person == person)).scalar()


def write_digest_hour(connection: Connection, person: str, hour: int | None) -> None:
    """Keep what he chose."""
    connection.execute(delete(PREFERENCE).where(PREFERENCE.c.person == person))
    connection.execute(insert(PREFERENCE).values(person=person, digest_hour=hour))
