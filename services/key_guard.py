"""Keeps a process without the right key from writing to Temporal in clear, where this office encrypts.

The worker leaves a mark in the database: which keys it can read with. Web and shell compare theirs with it first.
"""

import json
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete
from sqlalchemy.exc import SQLAlchemyError

from database.engine import reading, writing
from database.reference import read_setting, write_setting
from documents.language import N_
from models.payload_keys import PayloadKey
from models.tables import SETTING
from services import audit
from services.keepers import find_administrator
from services.office import Office
from services.payload_encryption import PayloadRefused

MARK: Final = "temporal_keys"

_NEEDED = N_(
    "Văn phòng này mã hóa dữ liệu trong Temporal mà ở đây chưa đặt khóa: đặt DONDOC_TEMPORAL_KEYS. "
    "Muốn thôi mã hóa thì chạy “dondoc keys off”."
)
_UNKNOWN = N_("Bộ máy chưa có khóa {key} nên không đọc được gì viết bằng khóa đó: đưa khóa cho worker trước.")
_OTHER = N_("Khóa {key} ở đây khác khóa {key} của bộ máy: chép lại đúng khóa.")


def take_keys(office: Office, keys: tuple[PayloadKey, ...]) -> None:
    """Let a worker begin, and leave its keys' names and fingerprints for the other parts.

    Raises:
        PayloadRefused: this office encrypts, and the worker has no key, or another one by the same name.
        sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    known = _read(office)
    own = {key.id: key.fingerprint for key in keys}
    if known and not own:
        raise PayloadRefused(_NEEDED)
    _require_same(known, own)
    if own != known:
        with writing(office.engine) as connection:
            write_setting(connection, MARK, json.dumps(own))


def require_keys(office: Office, keys: tuple[PayloadKey, ...]) -> None:
    """Refuse to go on where what this process writes would not be encrypted, or not readable for the worker.

    Raises:
        PayloadRefused: the sentence says what to do.
        sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    known = _read(office)
    if known and not keys:
        raise PayloadRefused(_NEEDED)
    _require_same(known, {key.id: key.fingerprint for key in keys})
    if known and keys[0].id not in known:
        raise PayloadRefused(_UNKNOWN, key=keys[0].id)


def encrypts(office: Office) -> bool:
    """Whether a worker of this office has encrypted; False also where the database cannot be asked."""
    try:
        return bool(_read(office))
    except SQLAlchemyError:
        return False


def forget_keys(office: Office, person: str) -> bool:
    """Let this office write in clear again; what is encrypted stays so, and needs its keys.

    Args:
        person: who decides it; empty for the first administrator.

    Returns: whether it encrypted before.

    Raises:
        Refused: unknown_person, not_allowed.
    """
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        actor = find_administrator(reference, person, now)
        known = _known(connection)
        if known:
            connection.execute(delete(SETTING).where(SETTING.c.name == MARK))
            audit.note(connection, actor.person, "keys.off", "temporal", now, {"keys": " ".join(known)})
    return bool(known)


def _read(office: Office) -> dict[str, str]:
    file = office.engine.url.database if office.engine.dialect.name == "sqlite" else None
    if file and not Path(file).is_file():  # asking would make an empty one
        return {}
    with reading(office.engine) as connection:
        return _known(connection)


def _known(connection: Connection) -> dict[str, str]:
    found: dict[str, str] = json.loads(read_setting(connection, MARK) or "{}")
    return found


def _require_same(known: dict[str, str], own: dict[str, str]) -> None:
    for name in known.keys() & own.keys():
        if known[name] != own[name]:
            raise PayloadRefused(_OTHER, key=name)
