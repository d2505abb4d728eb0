"""Accounts, sessions, guesses and forgotten passwords, on a real database. It is Wednesday 4 March 2026, 09:00."""

import datetime as dt
import os
import random
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import time_machine
from builders import local
from office_fixture import Desk
from sqlalchemy import delete, func, select, text

from database.engine import reading, writing
from models.refusal import Code, Refused
from models.sign_in import FREE_TRIES, FREE_TRIES_OF_AN_ADDRESS, IDLE, LONGEST_SESSION
from models.tables import ACCOUNT, FAILURE, RESET, SESSION
from services import accounts, forgotten_password, passwords
from services.accounts import Browser, SignedIn
from services.office import Office

NOW = local("Wed 2026-03-04 09:00")
PERSON, NAME = "truong.syt", "truong.syt@quangngai.example"
PASSWORD = "mưa rơi trên sông Trà"
HERE, THERE = Browser("10.0.0.1", "Firefox"), Browser("10.0.0.2", "Chrome")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


@pytest.fixture
def office(desk: Desk, clock: time_machine.Traveller) -> Office:
    del clock
    office = desk.office
    accounts.add(office, PERSON, PASSWORD, must_change=False)
    return office


def refusal(code: Code, office: Office, name: str, password: str, browser: Browser = HERE) -> Refused:
    with pytest.raises(Refused) as refused:
        accounts.sign_in(office, name, password, browser)
    assert refused.value.code is code
    return refused.value


# --- The price of a password ---------------------------------------------------------------------------------

HASH_BYTES = 64 * 1024 * 1024


def memory_in_use() -> int:
    """Bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.usefixtures("real_passwords")
def test_two_hundred_sign_ins_at_once_stay_within_a_bounded_memory(office: Office) -> None:
    before, most, stop = memory_in_use(), [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.002):
            most[0] = max(most[0], memory_in_use())

    watching = threading.Thread(target=watch)
    watching.start()
    with ThreadPoolExecutor(200) as people:
        begun = list(people.map(lambda _: accounts.sign_in(office, PERSON, PASSWORD, HERE), range(200)))
    stop.set()
    watching.join()

    assert len({secret for secret, _ in begun}) == 200
    assert HASH_BYTES < most[0] - before < (passwords.AT_ONCE + 2) * HASH_BYTES


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("real_passwords")
def test_an_unknown_name_takes_as_long_as_a_known_one_over_500_tries_of_each(office: Office) -> None:
    """The difference of the medians is within what chance makes of tries whose names are drawn anew (1 in 1,000)."""
    seconds: list[tuple[str, float]] = []
    for _ in range(500):
        for name in (PERSON, "khong.co.ai"):
            begin = time.perf_counter()
            refusal(Code.WRONG_PASSWORD, office, name, "mot mat khau sai")
            seconds.append((name, time.perf_counter() - begin))
            with writing(office.engine) as connection:
                connection.execute(delete(FAILURE))

    def apart(names: list[str]) -> float:
        of_known = [taken for name, (_, taken) in zip(names, seconds, strict=True) if name == PERSON]
        of_unknown = [taken for name, (_, taken) in zip(names, seconds, strict=True) if name != PERSON]
        return abs(statistics.median(of_known) - statistics.median(of_unknown))

    names, dice = [name for name, _ in seconds], random.Random(1)
    measured = apart(names)
    by_chance = sorted(apart(dice.sample(names, len(names))) for _ in range(1_000))

    assert measured <= by_chance[-1]


def test_a_password_kept_with_weaker_settings_is_made_anew_at_the_next_sign_in(
    office: Office, request: pytest.FixtureRequest
) -> None:
    weak = kept_of(office)
    request.getfixturevalue("real_passwords")

    refusal(Code.WRONG_PASSWORD, office, PERSON, "mot mat khau sai")
    assert kept_of(office) == weak
    accounts.sign_in(office, PERSON, PASSWORD, HERE)

    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(kept_of(office))
    assert passwords.matches(PASSWORD, kept_of(office))


def kept_of(office: Office) -> str:
    with reading(office.engine) as connection:
        return str(connection.execute(select(ACCOUNT.c.password).where(ACCOUNT.c.person == PERSON)).scalar_one())


# --- Signing in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [PERSON, NAME, NAME.upper(), f" {PERSON} "])
def test_a_person_signs_in_by_code_or_address_and_the_cookie_says_who_he_is(office: Office, name: str) -> None:
    secret, begun = accounts.sign_in(office, name, PASSWORD, HERE)

    assert begun == SignedIn(PERSON, begun.session)
    assert accounts.signed_in(office, secret) == begun
    assert accounts.signed_in(office, secret + "x") is None


def test_the_same_letters_in_another_unicode_form_are_the_same_password(office: Office) -> None:
    import unicodedata

    accounts.sign_in(office, PERSON, unicodedata.normalize("NFD", PASSWORD), HERE)


def test_a_wrong_password_an_unknown_name_and_a_person_without_account_are_refused_alike(office: Office) -> None:
    for name, password in ((PERSON, "không phải"), ("không.ai", PASSWORD), ("truong.stc", PASSWORD)):
        assert refusal(Code.WRONG_PASSWORD, office, name, password).data == {}


def test_neither_password_nor_cookie_stands_in_the_database(office: Office) -> None:
    secret, _ = accounts.sign_in(office, PERSON, PASSWORD, HERE)

    with reading(office.engine) as connection:
        kept = [
            str(tuple(row))
            for table in ("account", "session")
            for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - names of ours
        ]
    assert kept
    assert not [row for row in kept if secret in row or PASSWORD in row]


# --- Guesses -------------------------------------------------------------------------------------------------


def test_guesses_at_one_account_are_slowed_and_the_right_password_waits_as_well(
    office: Office, clock: time_machine.Traveller
) -> None:
    for _ in range(FREE_TRIES):
        refusal(Code.WRONG_PASSWORD, office, PERSON, "sai")

    assert refusal(Code.TOO_MANY_TRIES, office, PERSON, PASSWORD).data == {"seconds": "2"}
    clock.shift(dt.timedelta(seconds=2))
    accounts.sign_in(office, PERSON, PASSWORD, HERE)


def test_the_owner_elsewhere_is_not_locked_out_by_who_guesses(office: Office) -> None:
    for _ in range(FREE_TRIES):
        refusal(Code.WRONG_PASSWORD, office, PERSON, "sai")

    accounts.sign_in(office, PERSON, PASSWORD, THERE)


def test_an_address_that_guesses_at_many_accounts_is_slowed(office: Office) -> None:
    for number in range(FREE_TRIES_OF_AN_ADDRESS):
        refusal(Code.WRONG_PASSWORD, office, f"người.{number}", "sai")

    refusal(Code.TOO_MANY_TRIES, office, PERSON, PASSWORD)


def test_a_name_that_nobody_has_is_slowed_like_one_that_somebody_has(office: Office) -> None:
    for _ in range(FREE_TRIES):
        refusal(Code.WRONG_PASSWORD, office, "không.ai", "sai")

    refusal(Code.TOO_MANY_TRIES, office, "không.ai", "sai")


# --- Sessions ------------------------------------------------------------------------------------------------


def test_each_sign_in_is_a_session_of_its_own_which_its_owner_lists_and_ends(office: Office) -> None:
    here, first = accounts.sign_in(office, PERSON, PASSWORD, HERE)
    there, second = accounts.sign_in(office, PERSON, PASSWORD, THERE)

    assert {one.browser for one in accounts.sessions_of(office, PERSON)} == {HERE, THERE}
    assert not accounts.end_session(office, "truong.stc", first.session), "somebody else's session"
    assert accounts.end_session(office, PERSON, first.session)
    assert accounts.signed_in(office, here) is None
    assert accounts.signed_in(office, there) == second


def test_a_session_ends_when_nobody_uses_it_and_lives_on_while_somebody_does(
    office: Office, clock: time_machine.Traveller
) -> None:
    used, _ = accounts.sign_in(office, PERSON, PASSWORD, HERE)
    idle, _ = accounts.sign_in(office, PERSON, PASSWORD, THERE)
    clock.shift(IDLE / 2)
    assert accounts.signed_in(office, used) is not None
    clock.shift(IDLE / 2)

    assert accounts.signed_in(office, used) is not None
    assert accounts.signed_in(office, idle) is None
    assert len(accounts.sessions_of(office, PERSON)) == 1


def test_what_no_longer_counts_is_deleted_at_the_next_sign_in(office: Office, clock: time_machine.Traveller) -> None:
    accounts.sign_in(office, PERSON, PASSWORD, HERE)
    refusal(Code.WRONG_PASSWORD, office, "không.ai", "sai")
    forgotten_password.begin_reset(office, NAME)
    clock.shift(LONGEST_SESSION + dt.timedelta(seconds=1))

    accounts.sign_in(office, PERSON, PASSWORD, THERE)

    with reading(office.engine) as connection:
        left = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (SESSION, FAILURE, RESET)
        ]
    assert left == [1, 0, 0]


def test_a_new_password_ends_the_other_sessions_and_wants_the_old_one(office: Office) -> None:
    here, begun = accounts.sign_in(office, PERSON, PASSWORD, HERE)
    there, _ = accounts.sign_in(office, PERSON, PASSWORD, THERE)
    with pytest.raises(Refused):
        accounts.change_password(office, begun, "sai", "gió thổi qua đồng Sơn Tịnh")

    accounts.change_password(office, begun, PASSWORD, "gió thổi qua đồng Sơn Tịnh")

    assert accounts.signed_in(office, here) == begun
    assert accounts.signed_in(office, there) is None
    refusal(Code.WRONG_PASSWORD, office, PERSON, PASSWORD)


def test_a_password_made_by_an_administrator_is_to_be_changed_and_ends_all_sessions(office: Office) -> None:
    here, _ = accounts.sign_in(office, PERSON, PASSWORD, HERE)

    made = accounts.add(office, NAME, None)

    assert accounts.signed_in(office, here) is None
    _, begun = accounts.sign_in(office, PERSON, made, HERE)
    assert begun.must_change


def test_without_his_account_a_person_is_out_at_once(office: Office) -> None:
    here, _ = accounts.sign_in(office, PERSON, PASSWORD, HERE)

    assert accounts.remove(office, NAME) == PERSON
    assert accounts.signed_in(office, here) is None
    refusal(Code.WRONG_PASSWORD, office, PERSON, PASSWORD)
    with pytest.raises(Refused) as refused:
        accounts.remove(office, NAME)
    assert refused.value.code is Code.NO_ACCOUNT


def test_the_list_says_who_has_an_account_and_how_many_sessions(office: Office) -> None:
    accounts.sign_in(office, PERSON, PASSWORD, HERE)

    (one,) = accounts.listed(office)

    assert (one.person, one.has_password, one.must_change, one.locked, one.sessions) == (PERSON, True, False, False, 1)


# --- Forgotten passwords -------------------------------------------------------------------------------------


def test_a_forgotten_password_is_made_anew_once_by_a_link(office: Office) -> None:
    here, _ = accounts.sign_in(office, PERSON, PASSWORD, HERE)
    begun = forgotten_password.begin_reset(office, NAME)
    assert begun is not None
    person, secret = begun

    with pytest.raises(Refused):
        forgotten_password.finish_reset(office, secret, "12345678")
    assert forgotten_password.finish_reset(office, secret, "gió thổi qua đồng Sơn Tịnh") == person.code == PERSON

    assert accounts.signed_in(office, here) is None
    accounts.sign_in(office, PERSON, "gió thổi qua đồng Sơn Tịnh", HERE)
    with pytest.raises(Refused) as refused:
        forgotten_password.finish_reset(office, secret, "một câu khác hẳn")
    assert refused.value.code is Code.NOT_FOUND


def test_a_link_is_good_for_an_hour(office: Office, clock: time_machine.Traveller) -> None:
    begun = forgotten_password.begin_reset(office, NAME)
    assert begun is not None
    clock.shift(forgotten_password.RESET_LIVES)

    with pytest.raises(Refused) as refused:
        forgotten_password.finish_reset(office, begun[1], "gió thổi qua đồng Sơn Tịnh")
    assert refused.value.code is Code.NOT_FOUND


@pytest.mark.parametrize("name", ["không.ai", "truong.stc"])
def test_nobody_gets_a_link_for_an_account_that_is_not_there(office: Office, name: str) -> None:
    assert forgotten_password.begin_reset(office, name) is None


def test_links_cannot_be_asked_for_without_end(office: Office) -> None:
    for _ in range(FREE_TRIES):
        forgotten_password.begin_reset(office, NAME)

    with pytest.raises(Refused) as refused:
        forgotten_password.begin_reset(office, NAME)
    assert refused.value.code is Code.TOO_MANY_TRIES


# --- What a password must be ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("ngắn", "short"),
        ("x" * 257, "long"),
        ("12345678", "common"),
        ("Mật Khẩu 123", "common"),
        ("quangngai2026", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("Truong.SYT@quangngai.example", "own"),
    ],
)
def test_a_password_that_others_would_guess_is_refused(password: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        passwords.require_good(password, PERSON, NAME)

    assert (refused.value.code, refused.value.data["reason"]) == (Code.WEAK_PASSWORD, reason)


@pytest.mark.parametrize("password", [PASSWORD, "correct horse", "tám ký tự"])
def test_nothing_is_asked_of_a_passwords_composition(password: str) -> None:
    passwords.require_good(password, PERSON, NAME)


def test_a_password_that_is_made_is_good_and_each_is_another() -> None:
    made = {accounts.made_password() for _ in range(100)}

    assert len(made) == 100
    for password in made:
        passwords.require_good(password, PERSON, NAME)
