"""The people of the demo: what is printed signs in, once."""

import pytest
from office_fixture import Desk

from documents.language import Language
from services import accounts
from services.accounts import Browser
from shell.context import Shell
from shell.demo_people import PEOPLE, make_people


def printed(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


def test_one_of_each_role_gets_a_password_that_signs_in_without_being_changed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    make_people(Shell(data=desk.data))

    _, titles, *rows = printed(capsys)
    assert titles == ["Ai", "Tên đăng nhập", "Mật khẩu"]
    assert [name for _, name, _ in rows] == list(PEOPLE)
    assert rows[4][0] == "Thủ trưởng, Sở Y tế"
    for _, name, password in rows:
        _, begun = accounts.sign_in(desk.office, name, password, Browser())
        assert not begun.must_change


def test_the_second_time_passwords_stay_and_it_says_how_to_make_new_ones(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.add(desk.office, "quantri", "mưa rơi trên sông Trà", must_change=False)
    make_people(Shell(data=desk.data))
    first = printed(capsys)
    make_people(Shell(data=desk.data, language=Language.VI))
    (second,) = printed(capsys)

    assert "quantri" not in {row[1] for row in first[2:]}, "who has an account keeps his password"
    assert "dondoc user add" in second[0]
    assert accounts.sign_in(desk.office, "quantri", "mưa rơi trên sông Trà", Browser())
