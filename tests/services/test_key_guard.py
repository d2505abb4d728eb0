"""Where an office encrypts, no process without the right key writes anything to Temporal."""

import pytest
from office_fixture import Desk

from database.engine import reading
from models.payload_keys import PayloadKey, new_key
from models.refusal import Refused
from services.audit import audited
from services.key_guard import encrypts, forget_keys, require_keys, take_keys
from services.payload_encryption import PayloadRefused

OLD, NEW = new_key("old"), new_key("new")


def test_an_office_that_does_not_encrypt_asks_nobody_for_a_key(desk: Desk) -> None:
    take_keys(desk.office, ())
    require_keys(desk.office, ())
    require_keys(desk.office, (NEW,))

    assert not encrypts(desk.office)


def test_once_a_worker_encrypts_nobody_goes_on_without_a_key(desk: Desk) -> None:
    take_keys(desk.office, (OLD,))

    assert encrypts(desk.office)
    require_keys(desk.office, (OLD,))
    for asks in (take_keys, require_keys):
        with pytest.raises(PayloadRefused, match="DONDOC_TEMPORAL_KEYS"):
            asks(desk.office, ())


def test_who_would_write_with_a_key_that_the_workers_lack_is_refused_and_who_only_reads_with_it_is_not(
    desk: Desk,
) -> None:
    take_keys(desk.office, (OLD,))

    with pytest.raises(PayloadRefused, match="khóa new"):
        require_keys(desk.office, (NEW, OLD))
    require_keys(desk.office, (OLD, NEW))
    take_keys(desk.office, (NEW, OLD))
    require_keys(desk.office, (NEW, OLD))


def test_the_same_name_for_another_key_is_noticed_at_once(desk: Desk) -> None:
    take_keys(desk.office, (OLD,))
    impostor = PayloadKey("old", NEW.secret)

    for asks in (take_keys, require_keys):
        with pytest.raises(PayloadRefused, match="khóa old"):
            asks(desk.office, (impostor,))


def test_an_administrator_ends_encryption_and_it_stands_in_the_audit(desk: Desk) -> None:
    take_keys(desk.office, (OLD,))
    with pytest.raises(Refused):
        forget_keys(desk.office, "vanthu")

    assert forget_keys(desk.office, "quantri")
    assert not forget_keys(desk.office, "quantri")
    take_keys(desk.office, ())
    with reading(desk.office.engine) as connection:
        (noted,) = audited(connection)
    assert (noted.person, noted.act, noted.data) == ("quantri", "keys.off", {"keys": "old"})
