"""`dondoc webhook`: what may be a receiver, its secret shown once, and who may say so."""

import shutil
from pathlib import Path

import pytest

import cli


@pytest.fixture
def data(seeded_database: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(seeded_database, folder / "dondoc.db")
    return folder


def dondoc(data: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.run([*words, "--data", str(data)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_receiver_inside_the_office_is_taken_when_the_settings_name_it_and_its_secret_is_shown_once(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_WEBHOOK_ALLOW", "127.0.0.1")

    code, out, _ = dondoc(data, capsys, "webhook", "add", "https://127.0.0.1/nhan")
    secret = out.split("whsec_")[1].strip()
    _, listed, _ = dondoc(data, capsys, "webhook", "list")

    assert code == 0
    assert len(secret) == 32
    assert "https://127.0.0.1/nhan" in listed
    assert secret not in listed


@pytest.mark.parametrize("url", ["http://127.0.0.1:7233/", "https://127.0.0.1/", "https://[::1]/", "ftp://x.example/"])
def test_an_address_on_this_machine_is_refused_with_one_sentence(
    url: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = dondoc(data, capsys, "webhook", "add", url)
    _, listed, _ = dondoc(data, capsys, "webhook", "list", "--json")

    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert listed.strip() == "[]"


def test_an_agency_may_not_add_a_receiver(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_WEBHOOK_ALLOW", "127.0.0.1")

    code, _, err = dondoc(data, capsys, "webhook", "add", "https://127.0.0.1/nhan", "--as", "truong.syt")

    assert code == 1
    assert "quyền" in err


def test_a_receiver_that_is_removed_is_gone(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_WEBHOOK_ALLOW", "127.0.0.1")
    dondoc(data, capsys, "webhook", "add", "https://127.0.0.1/nhan")

    first, _, _ = dondoc(data, capsys, "webhook", "remove", "1")
    second, _, err = dondoc(data, capsys, "webhook", "remove", "1")

    assert (first, second) == (0, 1)
    assert "1" in err
