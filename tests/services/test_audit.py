"""Whatever is administered is noted with who did it, from pages and at the machine alike; no secret is."""

import datetime as dt

import pytest
from builders import day
from office_fixture import Desk

from activities.delivery_failures import DeliveryFailure
from database.engine import reading
from database.seed_data import read_default_policy
from models.refusal import Code, Refused
from services import accounts, webhooks
from services.audit import Audited, audited
from services.directories import enter_absence, remove_absence
from services.office_calendar import confirm_year, make_working, take_back, take_off
from services.policies import activate

PASSWORD = "mưa rơi trên sông Trà"


def noted(desk: Desk) -> list[Audited]:
    with reading(desk.office.engine) as connection:
        return list(reversed(audited(connection)))


def acts(desk: Desk) -> list[tuple[str, str, str]]:
    return [(one.person, one.act, one.subject) for one in noted(desk)]


def test_changes_of_the_calendar_are_noted_with_reason_and_document(desk: Desk) -> None:
    first, last = day("2026-06-04", "Thursday"), day("2026-06-05", "Friday")
    take_off(desk.office, first, last, "Nghỉ hè", "1/TB", "vanthu")
    make_working(desk.office, day("2026-06-13", "Saturday"), "Làm bù", None, "")
    take_back(desk.office, first, "quantri")
    take_back(desk.office, first, "quantri")
    confirm_year(desk.office, 2031, "quantri")

    assert acts(desk) == [
        ("vanthu", "calendar.off", "2026-06-04..2026-06-05"),
        ("quantri", "calendar.work", "2026-06-13"),
        ("quantri", "calendar.remove", "2026-06-04"),
        ("quantri", "calendar.confirm", "2031"),
    ]
    assert noted(desk)[0].data == {"reason": "Nghỉ hè", "announced_by": "1/TB"}


def test_a_policy_and_absences_are_noted_and_what_was_refused_is_not(desk: Desk) -> None:
    text = read_default_policy().replace("at: -3", "at: -4", 1)
    activate(desk.office, text, "quantri", "Nhắc sớm hơn")
    with pytest.raises(Refused):
        activate(desk.office, text, "truong.syt")
    first = dt.date(2026, 3, 10)
    enter_absence(desk.office, "truong.syt", first, first, "", "vanthu")
    remove_absence(desk.office, "truong.syt", first, first, "vanthu")

    assert acts(desk) == [
        ("quantri", "policy.activate", "2"),
        ("vanthu", "absence.enter", "truong.syt"),
        ("vanthu", "absence.remove", "truong.syt"),
    ]
    assert noted(desk)[0].data["reason"] == "Nhắc sớm hơn"


def test_accounts_are_noted_with_who_gave_them_and_never_with_a_password(desk: Desk) -> None:
    made = accounts.add(desk.office, "truong.syt", None)
    accounts.add(desk.office, "truong.syt", PASSWORD, by="quantri")
    accounts.end_all_sessions(desk.office, "truong.syt", "quantri")
    accounts.remove(desk.office, "truong.syt", "quantri")

    assert acts(desk) == [
        ("quantri", act, "truong.syt") for act in ("account.add", "account.add", "account.sign_out", "account.remove")
    ]
    assert all(secret not in repr(noted(desk)) for secret in (made, PASSWORD))


@pytest.mark.parametrize("person", ["vanthu", "truong.syt", "thanhtra"])
def test_nobody_but_administrators_gives_or_takes_accounts_in_his_own_name(desk: Desk, person: str) -> None:
    accounts.add(desk.office, "truong.syt", PASSWORD)

    for act in (
        lambda: accounts.add(desk.office, "truong.syt", None, by=person),
        lambda: accounts.end_all_sessions(desk.office, "truong.syt", person),
        lambda: accounts.remove(desk.office, "truong.syt", person),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code is Code.NOT_ALLOWED
    assert len(acts(desk)) == 1


def test_a_wrong_sign_in_names_whom_the_directory_knows_and_nothing_else_that_was_typed(desk: Desk) -> None:
    accounts.add(desk.office, "truong.syt", PASSWORD)
    for name in ("truong.syt", PASSWORD):
        with pytest.raises(Refused):
            accounts.sign_in(desk.office, name, "sai", accounts.Browser("10.1.2.3"))

    failed = [one for one in noted(desk) if one.act == "sign_in.failed"]
    assert [(one.person, one.subject, one.data) for one in failed] == [
        ("", "truong.syt", {"address": "10.1.2.3"}),
        ("", "", {"address": "10.1.2.3"}),
    ]


def test_receivers_are_noted_without_the_query_of_their_address_and_a_refused_one_is_not(desk: Desk) -> None:
    allow = frozenset({"127.0.0.1"})
    with pytest.raises(DeliveryFailure):
        webhooks.add(desk.office, "https://127.0.0.1/x", frozenset(), "quantri")
    number, secret = webhooks.add(desk.office, "https://127.0.0.1:9/x?token=bimat", allow, "quantri")
    webhooks.switch(desk.office, number, "quantri", on=False)
    webhooks.remove(desk.office, number, "quantri")

    assert [act for _, act, _ in acts(desk)] == ["webhook.add", "webhook.off", "webhook.remove"]
    assert "bimat" not in repr(noted(desk))
    assert secret not in repr(noted(desk))


def test_the_audit_is_read_a_page_at_a_time_by_person_and_by_text_whatever_its_signs(desk: Desk) -> None:
    for number in range(5):
        confirm_year(desk.office, 2031 + number, "vanthu" if number % 2 else "quantri")

    with reading(desk.office.engine) as connection:
        newest = audited(connection, limit=2)
        older = audited(connection, limit=2, before=newest[-1].id)
        assert [one.subject for one in (*newest, *older)] == ["2035", "2034", "2033", "2032"]
        assert [one.subject for one in audited(connection, person="vanthu")] == ["2034", "2032"]
        assert [one.subject for one in audited(connection, text="2033")] == ["2033"]
        assert audited(connection, text="%") == audited(connection, text="_") == []
