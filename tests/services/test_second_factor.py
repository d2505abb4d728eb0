"""The second factor: set up, asked for after the password, replayed and old codes refused, taken off for who lost it.

It is Wednesday 4 March 2026, 09:00.
"""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from builders import local
from hypothesis import given
from hypothesis import strategies as st
from office_fixture import Desk
from sqlalchemy import select, text

from database.engine import reading, writing
from models.local_time import local_day
from models.refusal import Code, Refused
from models.second_factor import (
    HALF_LIVES,
    RECOVERY_CODES,
    ROLES_WITH,
    SETUP_LIVES,
    SecondFactorFor,
    accepted_step,
    code_at,
    step_of,
    telephone_address,
)
from models.sign_in import FREE_TRIES
from models.tables import AUDIT, RECOVERY_CODE
from services import accounts, forgotten_password, second_factor
from services.accounts import Browser, CodeNeeded, SignedIn
from services.directories import enter_absence
from services.office import Office

NOW = local("Wed 2026-03-04 09:00")
PERSON, PASSWORD = "truong.syt", "mưa rơi trên sông Trà"
HERE, THERE = Browser("10.0.0.1", "Firefox"), Browser("10.0.0.2", "Chrome")
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HALF_MINUTE = dt.timedelta(seconds=30)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


@pytest.fixture
def office(desk: Desk, clock: time_machine.Traveller) -> Office:
    del clock
    accounts.add(desk.office, PERSON, PASSWORD, must_change=False)
    return desk.office


def session_of(office: Office, person: str = PERSON) -> SignedIn:
    return accounts.sign_in(office, person, PASSWORD, HERE)[1]


def secret_of(office: Office, person: str = PERSON) -> str:
    setup = second_factor.standing_of(office, person).setup
    assert setup is not None
    return setup.secret


def switched_on(office: Office, clock: time_machine.Traveller, person: str = PERSON) -> tuple[str, tuple[str, ...]]:
    """Set it up; the code that proved it is used up, so half a minute passes. Returns secret and recovery codes."""
    session = session_of(office, person)
    second_factor.begin(office, person)
    secret = secret_of(office, person)
    codes = second_factor.switch_on(office, session, PASSWORD, code_at(secret, step_of(office.now())))
    clock.shift(HALF_MINUTE)
    return secret, codes


def half_of(office: Office, person: str = PERSON) -> str:
    with pytest.raises(CodeNeeded) as needed:
        accounts.sign_in(office, person, PASSWORD, HERE)
    return needed.value.secret


def refusal(code: Code, office: Office, half: str, given: str, browser: Browser = HERE) -> Refused:
    with pytest.raises(Refused) as refused:
        second_factor.finish_sign_in(office, half, given, browser)
    assert refused.value.code is code
    return refused.value


# --- The rule ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(RFC_SECRET, seconds // 30) == code


@given(at=st.integers(1_600_000_000, 4_000_000_000), off=st.integers(-5, 5))
def test_a_code_is_taken_one_step_around_now_and_never_again(at: int, off: int) -> None:
    now = dt.datetime.fromtimestamp(at, dt.UTC)
    code = code_at(RFC_SECRET, step_of(now) + off)

    step = accepted_step(RFC_SECRET, code, now, 0)

    if abs(off) <= 1:
        assert step is not None
        assert accepted_step(RFC_SECRET, code_at(RFC_SECRET, step), now, step) is None
    else:
        assert step is None or code_at(RFC_SECRET, step) == code, "but for two steps with the same code"


def test_the_picture_says_whose_secret_it_is_and_of_which_system() -> None:
    assert telephone_address("ABC", "vanthu", "Đôn Đốc") == (
        "otpauth://totp/%C4%90%C3%B4n%20%C4%90%E1%BB%91c:vanthu?secret=ABC"
        "&issuer=%C4%90%C3%B4n%20%C4%90%E1%BB%91c&digits=6&period=30"
    )


# --- Signing in ----------------------------------------------------------------------------------------------


def test_without_one_the_password_is_enough(office: Office) -> None:
    second_factor.begin(office, PERSON)  # begun and not proved counts for nothing

    assert session_of(office).person == PERSON


def test_after_the_password_the_code_of_the_telephone_begins_the_session(
    office: Office, clock: time_machine.Traveller
) -> None:
    secret, _ = switched_on(office, clock)

    half = half_of(office)
    cookie, begun = second_factor.finish_sign_in(office, half, code_at(secret, step_of(office.now())), HERE)

    assert accounts.signed_in(office, cookie) == begun
    assert accounts.signed_in(office, half) is None, "the half session opened nothing"
    refusal(Code.NOT_FOUND, office, half, "000000")


def test_a_code_is_good_once_also_in_another_half_session(office: Office, clock: time_machine.Traveller) -> None:
    secret, _ = switched_on(office, clock)
    code = code_at(secret, step_of(office.now()))
    first, second = half_of(office), half_of(office)

    second_factor.finish_sign_in(office, first, code, HERE)

    refusal(Code.WRONG_CODE, office, second, code)


def test_the_code_that_switched_it_on_signs_nobody_in(office: Office, clock: time_machine.Traveller) -> None:
    secret, _ = switched_on(office, clock)
    clock.shift(-HALF_MINUTE)

    refusal(Code.WRONG_CODE, office, half_of(office), code_at(secret, step_of(office.now())))


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephone_may_be_off_by_half_a_minute(
    office: Office, clock: time_machine.Traveller, steps: int, taken: bool
) -> None:
    secret, _ = switched_on(office, clock)
    clock.shift(4 * HALF_MINUTE)
    half, code = half_of(office), code_at(secret, step_of(office.now()) + steps)

    if taken:
        second_factor.finish_sign_in(office, half, f" {code[:3]} {code[3:]} ", HERE)
    else:
        refusal(Code.WRONG_CODE, office, half, code)


def test_wrong_codes_are_slowed_from_wherever_they_come_and_the_right_one_waits(
    office: Office, clock: time_machine.Traveller
) -> None:
    secret, _ = switched_on(office, clock)
    for number in range(FREE_TRIES):
        refusal(Code.WRONG_CODE, office, half_of(office), "00000x", Browser(f"10.0.1.{number}", ""))

    right = code_at(secret, step_of(office.now()))
    refusal(Code.TOO_MANY_TRIES, office, half_of(office), right, THERE)
    clock.shift(dt.timedelta(seconds=3))
    second_factor.finish_sign_in(office, half_of(office), right, THERE)


def test_a_half_session_is_over_after_some_minutes_and_with_a_new_password(
    office: Office, clock: time_machine.Traveller
) -> None:
    secret, _ = switched_on(office, clock)
    old, dropped = half_of(office), half_of(office)
    accounts.add(office, PERSON, PASSWORD, must_change=False)
    refusal(Code.NOT_FOUND, office, dropped, code_at(secret, step_of(office.now())))

    half = half_of(office)
    clock.shift(HALF_LIVES)

    for one in (old, half, "", "x"):
        refusal(Code.NOT_FOUND, office, one, code_at(secret, step_of(office.now())))
        assert not second_factor.half_is_open(office, one)


def test_a_recovery_code_is_good_once_in_any_writing(office: Office, clock: time_machine.Traveller) -> None:
    _, codes = switched_on(office, clock)
    assert len(set(codes)) == RECOVERY_CODES

    second_factor.finish_sign_in(office, half_of(office), f" {codes[3].upper().replace('-', ' ')} ", HERE)

    refusal(Code.WRONG_CODE, office, half_of(office), codes[3])
    assert second_factor.standing_of(office, PERSON).codes_left == RECOVERY_CODES - 1


def test_a_forgotten_password_is_no_way_around_it(office: Office, clock: time_machine.Traveller) -> None:
    switched_on(office, clock)
    begun = forgotten_password.begin_reset(office, PERSON)
    assert begun is not None

    forgotten_password.finish_reset(office, begun[1], "nắng lên trên núi Ấn")

    with pytest.raises(CodeNeeded):
        accounts.sign_in(office, PERSON, "nắng lên trên núi Ấn", HERE)


def test_whom_the_single_sign_on_knows_is_not_asked(office: Office, clock: time_machine.Traveller) -> None:
    office.second_factor_of = ROLES_WITH[SecondFactorFor.LEADERS]
    with writing(office.engine) as connection:
        cookie, _ = accounts.begin_known(connection, "chutich", HERE, office.now())

    found = accounts.signed_in(office, cookie)
    assert found is not None
    assert not found.lacks_second_factor


def test_no_code_stands_in_the_database_and_recovery_codes_only_as_hashes(
    office: Office, clock: time_machine.Traveller
) -> None:
    _, codes = switched_on(office, clock)

    with reading(office.engine) as connection:
        kept = [str(tuple(row)) for row in connection.execute(select(RECOVERY_CODE))]
        told = [str(tuple(row)) for row in connection.execute(text("SELECT * FROM audit"))]
    assert len(kept) == RECOVERY_CODES
    assert not [row for row in kept + told for code in codes if code in row or code.replace("-", "") in row]


# --- Keeping it ----------------------------------------------------------------------------------------------


def test_switching_it_on_ends_the_other_sessions(office: Office, clock: time_machine.Traveller) -> None:
    elsewhere, _ = accounts.sign_in(office, PERSON, PASSWORD, THERE)
    here, session = accounts.sign_in(office, PERSON, PASSWORD, HERE)
    second_factor.begin(office, PERSON)
    code = code_at(secret_of(office), step_of(office.now()))

    second_factor.switch_on(office, session, PASSWORD, code)

    assert accounts.signed_in(office, elsewhere) is None
    assert accounts.signed_in(office, here) is not None


def test_a_secret_that_nobody_proved_is_forgotten(office: Office, clock: time_machine.Traveller) -> None:
    session = session_of(office)
    second_factor.begin(office, PERSON)
    secret = secret_of(office)
    clock.shift(SETUP_LIVES)

    assert second_factor.standing_of(office, PERSON).setup is None
    with pytest.raises(Refused, match="wrong_code"):
        second_factor.switch_on(office, session, PASSWORD, code_at(secret, step_of(office.now())))


def test_changing_it_needs_the_password_and_a_code(office: Office, clock: time_machine.Traveller) -> None:
    secret, before = switched_on(office, clock)

    def code() -> str:
        clock.shift(HALF_MINUTE)
        return code_at(secret, step_of(office.now()))

    for act in (second_factor.switch_off, second_factor.renew_codes):
        with pytest.raises(Refused, match="wrong_password"):
            act(office, PERSON, "không phải", code())
        with pytest.raises(Refused, match="wrong_code"):
            act(office, PERSON, PASSWORD, "000000")
    after = second_factor.renew_codes(office, PERSON, PASSWORD, code())
    assert not set(before) & set(after)
    with pytest.raises(Refused, match="wrong_code"):
        second_factor.switch_off(office, PERSON, PASSWORD, before[0])
    clock.shift(dt.timedelta(minutes=1))
    second_factor.switch_off(office, PERSON, PASSWORD, after[0])

    assert session_of(office).person == PERSON


def test_an_administrator_takes_it_off_for_who_lost_the_telephone_but_not_his_own(
    office: Office, clock: time_machine.Traveller
) -> None:
    switched_on(office, clock)
    accounts.add(office, "quantri", PASSWORD, must_change=False)
    switched_on(office, clock, "quantri")
    half = half_of(office)

    for person, by in (("quantri", "quantri"), (PERSON, "vanthu"), (PERSON, PERSON)):
        with pytest.raises(Refused, match="not_allowed"):
            second_factor.take_off(office, person, by)
    second_factor.take_off(office, PERSON, "quantri")
    with pytest.raises(Refused, match="no_second_factor"):
        second_factor.take_off(office, PERSON, "quantri")

    refusal(Code.NOT_FOUND, office, half, "000000")
    assert session_of(office).person == PERSON
    with reading(office.engine) as connection:
        acts = connection.execute(select(AUDIT.c.person, AUDIT.c.act, AUDIT.c.subject)).all()
    assert ("quantri", "second_factor.taken_off", PERSON) in acts
    assert ("quantri", "second_factor.taken_off", "quantri") not in acts


# --- Who has to ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "has_to"),
    [("chutich", True), ("quantri", True), ("vanthu", False), (PERSON, False), ("thanhtra", False)],
)
def test_leaders_and_administrators_have_to_where_the_office_says_so(office: Office, person: str, has_to: bool) -> None:
    accounts.add(office, person, PASSWORD, must_change=False)
    assert not session_of(office, person).lacks_second_factor

    office.second_factor_of = ROLES_WITH[SecondFactorFor.LEADERS]
    found = accounts.signed_in(office, accounts.sign_in(office, person, PASSWORD, HERE)[0])

    assert found is not None
    assert found.lacks_second_factor is has_to


def test_who_stands_in_for_a_leader_has_to_as_long_as_he_does(office: Office) -> None:
    office.second_factor_of = ROLES_WITH[SecondFactorFor.LEADERS]
    accounts.add(office, "chanhvanphong", PASSWORD, must_change=False)
    cookie, _ = accounts.sign_in(office, "chanhvanphong", PASSWORD, HERE)
    today = local_day(office.now())

    def lacks() -> bool:
        found = accounts.signed_in(office, cookie)
        assert found is not None
        return found.lacks_second_factor

    before = lacks()
    enter_absence(office, "chutich", today, today, "chanhvanphong", "quantri")

    assert (before, lacks()) == (False, True)
