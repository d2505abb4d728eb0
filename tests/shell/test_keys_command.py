"""`dondoc keys` and `dondoc deployment`, as far as they go without Temporal."""

import stat
from pathlib import Path

import pytest
from office_fixture import Desk

from models.payload_keys import new_key, read_keys
from services.key_guard import encrypts, take_keys
from shell import acting, deployment, doctor, keys


def test_a_new_key_is_printed_once_as_the_settings_take_it(desk: Desk) -> None:
    told = desk.dondoc(keys, "keys", "new", "--name", "nam-2027")

    assert [key.id for key in read_keys(told.out)] == ["nam-2027"]
    assert desk.dondoc(keys, "keys", "new", "--name", "năm 2027").code == 1


def test_a_new_key_goes_to_the_end_of_a_file_that_only_its_owner_reads(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    for name in ("k1", "k2"):
        told = desk.dondoc(keys, "keys", "new", "--name", name, "--to", str(file))
        assert told.code == 0
        assert read_keys(file.read_text())[-1].written() not in told.out

    assert [key.id for key in read_keys(file.read_text())] == ["k1", "k2"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    assert desk.dondoc(keys, "keys", "new", "--name", "k1", "--to", str(file)).code == 1
    assert file.read_text() == before


def test_the_keys_that_are_set_are_listed_by_name_and_never_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.dondoc(keys, "keys", "list", "--json").json == []
    new, old = new_key("new"), new_key("old")
    monkeypatch.setenv("DONDOC_TEMPORAL_KEYS", f"{new.written()},{old.written()}")

    told = desk.dondoc(keys, "keys", "list", "--json")

    assert [(one["id"], one["writes"]) for one in told.json] == [("new", True), ("old", False)]
    assert new.written().partition(":")[2] not in told.out + desk.dondoc(keys, "keys", "list").out


def test_without_a_key_nothing_is_sent_where_the_office_encrypts_until_an_administrator_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", "127.0.0.1:9")
    desk.register("NV-1", "Wed 2026-03-04 09:00")
    take_keys(desk.office, (new_key("k1"),))
    wish = ("do", "NV-1", "comment", "--text", "Đã rõ", "--as", "vanthu")

    refused = desk.dondoc(acting, *wish)

    assert refused.code == 1
    assert "DONDOC_TEMPORAL_KEYS" in refused.err
    assert "giữ lại" not in refused.err
    assert "DONDOC_TEMPORAL_KEYS" in desk.dondoc(keys, "keys", "renew").err
    (found,) = [one for one in desk.dondoc(doctor, "doctor", "--json").json["checks"] if one["name"] == "keys"]
    assert not found["ok"]
    assert desk.dondoc(keys, "keys", "off").code == 0
    assert not encrypts(desk.office)
    assert "giữ lại" in desk.dondoc(acting, *wish).err


def test_without_temporal_there_are_no_builds_to_tell_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", "127.0.0.1:9")

    for words in (("list",), ("activate", "0.2.0")):
        told = desk.dondoc(deployment, "deployment", *words)
        assert (told.code, len(told.err.splitlines())) == (1, 1)
