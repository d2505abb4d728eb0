"""Access tokens: shown once, kept as a hash, for one person, with an end, and over at once when revoked."""

import pytest
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading
from models.refusal import Code, Refused
from models.tables import AUDIT, TOKEN
from models.tokens import PREFIX, TokenScope
from services import tokens
from shell import token as shell_token


def holder_of(desk: Desk, secret: str) -> str | None:
    found = tokens.find(desk.office, secret)
    return found.token.person if found else None


def test_a_token_acts_as_its_person_and_is_kept_as_a_hash_only(desk: Desk) -> None:
    made, secret = tokens.create(desk.office, "truong.syt", "Cổng thông tin", ["read", "write"])

    found = tokens.find(desk.office, secret)
    assert found is not None
    assert found.token.id == made.id
    assert found.actor.person == "truong.syt"
    assert found.actor.agencies == {"SYT"}
    assert found.sight.agencies == {"SYT"}
    assert found.token.scopes == (TokenScope.READ, TokenScope.WRITE)
    assert secret.startswith(PREFIX)
    with reading(desk.office.engine) as connection:
        kept = [str(value) for table in (TOKEN, AUDIT) for row in connection.execute(select(table)) for value in row]
    assert not any(secret in value for value in kept)


def test_one_who_guesses_is_nobody(desk: Desk) -> None:
    tokens.create(desk.office, "truong.syt", "Thử", ["read"])

    assert [holder_of(desk, guess) for guess in ("", "x", PREFIX, f"{PREFIX}x", "mật khẩu")] == [None] * 5


def test_a_token_ends_with_its_last_day_and_when_it_is_revoked(desk: Desk) -> None:
    _, short = tokens.create(desk.office, "truong.syt", "Ngắn", ["read"], days=1)
    long, secret = tokens.create(desk.office, "truong.syt", "Dài", ["read"])
    assert holder_of(desk, short) == holder_of(desk, secret) == "truong.syt"

    desk.time_is("Thu 2026-03-05 10:01")
    assert holder_of(desk, short) is None
    assert holder_of(desk, secret) == "truong.syt"

    assert tokens.revoke(desk.office, long.id)
    assert holder_of(desk, secret) is None
    assert not tokens.revoke(desk.office, long.id), "there is nothing left to end"


def test_a_token_is_worth_nothing_once_its_person_is_locked(desk: Desk) -> None:
    _, secret = tokens.create(desk.office, "truong.syt", "Thử", ["read"])

    desk.sql("UPDATE person SET locked = TRUE WHERE code = 'truong.syt'", "UPDATE revision SET number = number + 1")

    assert holder_of(desk, secret) is None


def test_last_use_is_kept_to_the_minute(desk: Desk) -> None:
    _, secret = tokens.create(desk.office, "truong.syt", "Thử", ["read"])
    assert tokens.listed(desk.office)[0].used_at is None

    holder_of(desk, secret)
    first = tokens.listed(desk.office)[0].used_at
    holder_of(desk, secret)

    assert first is not None
    assert tokens.listed(desk.office)[0].used_at == first
    desk.time_is("Wed 2026-03-04 10:05")
    holder_of(desk, secret)
    assert tokens.listed(desk.office)[0].used_at != first


def test_only_an_administrator_makes_and_ends_tokens_of_others(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        tokens.create(desk.office, "truong.syt", "Thử", ["read"], by="chanhvanphong")
    assert refused.value.code is Code.NOT_ALLOWED

    made, _ = tokens.create(desk.office, "truong.syt", "Thử", ["read"], by="truong.syt")
    with pytest.raises(Refused) as refused:
        tokens.revoke(desk.office, made.id, by="truong.stc")
    assert refused.value.code is Code.NOT_ALLOWED
    assert tokens.revoke(desk.office, made.id, by="quantri")


@pytest.mark.parametrize(
    ("name", "scopes", "days", "code"),
    [
        ("", ["read"], 1, Code.MISSING),
        ("x" * 101, ["read"], 1, Code.TOO_LONG),
        ("x", [], 1, Code.MISSING),
        ("x", ["everything"], 1, Code.UNKNOWN_VALUE),
        ("x", ["read"], 0, Code.UNKNOWN_VALUE),
        ("x", ["read"], 10_000, Code.UNKNOWN_VALUE),
    ],
)
def test_a_token_without_name_scope_or_end_is_refused(
    desk: Desk, name: str, scopes: list[str], days: int, code: Code
) -> None:
    with pytest.raises(Refused) as refused:
        tokens.create(desk.office, "truong.syt", name, scopes, days)

    assert refused.value.code is code


def test_a_new_calendar_address_ends_the_one_before_and_no_other_token(desk: Desk) -> None:
    _, program = tokens.create(desk.office, "truong.syt", "Thử", ["read"])
    first = tokens.renew_calendar(desk.office, "truong.syt")
    second = tokens.renew_calendar(desk.office, "truong.syt")

    assert [holder_of(desk, secret) for secret in (program, first, second)] == ["truong.syt", None, "truong.syt"]


def test_making_and_ending_stands_in_the_audit(desk: Desk) -> None:
    made, _ = tokens.create(desk.office, "truong.syt", "Thử", ["read"])
    tokens.revoke(desk.office, made.id)

    with reading(desk.office.engine) as connection:
        acts = [(row.person, row.act, row.subject) for row in connection.execute(select(AUDIT))]
    assert acts == [("quantri", "token.create", str(made.id)), ("quantri", "token.revoke", str(made.id))]


def test_the_shell_shows_a_secret_once_and_lists_what_counts(desk: Desk) -> None:
    told = desk.dondoc(shell_token, "token", "add", "truong.syt", "--name", "Cổng", "--scope", "read", "--days", "30")
    secret = next(word for word in told.out.split() if word.startswith(PREFIX))

    assert holder_of(desk, secret) == "truong.syt"
    (listed,) = desk.dondoc(shell_token, "token", "list", "--json").json
    assert (listed["name"], listed["person"], listed["scopes"]) == ("Cổng", "truong.syt", ["read"])
    assert secret not in desk.dondoc(shell_token, "token", "list").out
    assert desk.dondoc(shell_token, "token", "revoke", str(listed["id"])).code == 0
    assert desk.dondoc(shell_token, "token", "list", "--json").json == []
    assert len(desk.dondoc(shell_token, "token", "list", "--all", "--json").json) == 1
    assert desk.dondoc(shell_token, "token", "revoke", str(listed["id"])).code == 1
