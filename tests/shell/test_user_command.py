"""`dondoc user`: accounts from the shell."""

import io

import pytest
from dondoc_in_process import Dondoc
from office_fixture import Desk

from models.second_factor import code_at, step_of
from services import accounts, second_factor
from services.accounts import Browser, CodeNeeded


@pytest.fixture
def dondoc(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Dondoc:
    return Dondoc(desk.data, capsys)


def test_a_made_password_is_printed_once_and_signs_in(dondoc: Dondoc, desk: Desk) -> None:
    said = dondoc("user", "add", "truong.syt").out

    password = said.splitlines()[0].rpartition(" ")[2]
    _, begun = accounts.sign_in(desk.office, "truong.syt", password, Browser())
    assert begun.must_change
    assert password not in dondoc("user", "list").out


def test_a_password_that_is_given_is_not_printed(dondoc: Dondoc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("mưa rơi trên sông Trà\n"))

    assert "sông Trà" not in dondoc("user", "add", "truong.syt", "--password-stdin").out


def test_a_bad_password_is_one_sentence_and_makes_no_account(dondoc: Dondoc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12345678\n"))

    refused = dondoc("user", "add", "truong.syt", "--password-stdin")

    assert "quá dễ đoán" in refused.sentence
    assert dondoc.json("user", "list") == []


def test_the_list_names_people_and_sessions_which_an_administrator_ends(dondoc: Dondoc, desk: Desk) -> None:
    password = accounts.add(desk.office, "truong.syt", None)
    accounts.sign_in(desk.office, "truong.syt", password, Browser())

    (one,) = dondoc.json("user", "list")
    assert (one["person"], one["sessions"], one["must_change"]) == ("truong.syt", 1, True)
    assert "1" in dondoc("user", "signout", "truong.syt").out
    assert dondoc.json("user", "list")[0]["sessions"] == 0


def test_an_account_is_taken_away_once(dondoc: Dondoc, desk: Desk) -> None:
    accounts.add(desk.office, "truong.syt", None)

    assert dondoc("user", "remove", "truong.syt").code == 0
    assert "dondoc user add truong.syt" in dondoc("user", "remove", "truong.syt").sentence


def test_the_second_factor_is_taken_off_for_who_lost_the_telephone(dondoc: Dondoc, desk: Desk) -> None:
    password = accounts.add(desk.office, "truong.syt", None)
    _, session = accounts.sign_in(desk.office, "truong.syt", password, Browser())
    second_factor.begin(desk.office, "truong.syt")
    setup = second_factor.standing_of(desk.office, "truong.syt").setup
    assert setup is not None
    second_factor.switch_on(desk.office, session, password, code_at(setup.secret, step_of(desk.office.now())))
    with pytest.raises(CodeNeeded):
        accounts.sign_in(desk.office, "truong.syt", password, Browser())
    assert dondoc.json("user", "list")[0]["second_factor"] is True

    assert dondoc("user", "nocode", "truong.syt").code == 0
    assert "không dùng xác thực hai bước" in dondoc("user", "nocode", "truong.syt").sentence
    assert accounts.sign_in(desk.office, "truong.syt", password, Browser())[1].person == "truong.syt"
