"""The bench measures everything that it names; how fast this machine is, a test does not say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import read_options
from bench.figures import of_pages
from bench.pages import Paged
from bench.rates import Setting
from bench.report import Aim, Figure, table

ROOT = Path(__file__).parent.parent.parent

RATES = (
    "intake, file to assigned",
    "commands",
    "08:00 storm, moments told",
    "08:00 storm, until the last is told",
    "CPU of an intake",
    "CPU of a command",
    "CPU of a moment",
    "CPU per life of 6 moments, 3 commands",
)
QUESTIONS = ("board", "list of the worst 50", "status", "the command dondoc board", "the command dondoc status")


@pytest.mark.server
@pytest.mark.slow
def test_a_quick_bench_measures_both_sides_and_keeps_every_figure(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--out", tmp_path],
        cwd=ROOT,
        env={name: text for name, text in os.environ.items() if not name.startswith("DONDOC_")},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (kept,) = tmp_path.glob("*.json")
    found = json.loads(kept.read_text(encoding="utf-8"))
    figures = {one["name"]: one for one in found["figures"]}
    expected = [f"{name}, 20" for name in RATES]
    expected += [f"{name}, {number} directives" for number in (20, 120) for name in QUESTIONS]
    assert list(figures) == expected
    for name, one in figures.items():
        assert len(one["ours"]) == 1, name
        assert all(value > 0 for value in (*one["ours"], *one["bare"])), name
        assert one["name"] in done.stdout
    beside = {name for name, one in figures.items() if one["bare"]}
    assert beside == {*expected[: len(RATES)], "board, 20 directives", "status, 20 directives"}
    assert all(figures[name]["ratio"] == figures[name]["ours"][0] / figures[name]["bare"][0] for name in beside)
    aimed_at = {name: one["aim"] for name, one in figures.items() if one["aim"]}
    assert aimed_at == dict.fromkeys(expected[:3], "ratio ≥ 0.9") | {expected[7]: "ratio ≤ 1.25"}
    assert found["machine"]["cores"] == os.cpu_count()


@pytest.mark.proof
@pytest.mark.parametrize(
    "words",
    [
        ("--parts", "pages", "--directives", "600", "--seconds", "20"),
        ("--parts", "polling,rates,restart", "--database", "postgresql", "--workers", "2", "--number", "40"),
        ("--parts", "backup", "--open", "40", "--database", "postgresql"),
        ("--parts", "scale", "--number", "20"),
    ],
    ids=lambda words: words[1],
)
def test_every_part_measures_itself_to_the_end_in_a_small_size(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--runs", "1", "--out", tmp_path],
        cwd=ROOT,
        env={name: text for name, text in os.environ.items() if not name.startswith("DONDOC_")},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (kept,) = tmp_path.glob("*.json")
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert found["figures"]
    assert all(one["name"] in done.stdout for one in found["figures"])


def test_the_percentile_of_a_page_is_the_value_that_so_many_answers_do_not_exceed() -> None:
    seconds = [number / 1000 for number in range(1, 101)]
    found = Paged(
        directives=132_000,
        seconds={"list": seconds, "SELECT 1": [0.001] * 100, "command": seconds},
        heaviest={"list": 50_000},
        first_board=0.5,
        cpu={"web": 0.3},
        pages_a_second=10.0,
        commands_a_second=20.0,
        kept=0,
    )

    figures = {one.name: one for one in of_pages(found)}
    assert figures["list, p50, 100 answers"].ours == [50.0]
    assert (figures["list, p95"].ours, figures["list, p95"].ratio, figures["list, p95"].reached) == ([95.0], 95.0, True)
    assert figures["list, p99"].aim is None
    assert figures["command, p95"].bare == []


def test_workers_are_asked_for_as_numbers_a_table_each(capsys: pytest.CaptureFixture[str]) -> None:
    options, _folder = read_options(["--database", "postgresql", "--workers", "1,2,4"])
    assert options.settings == tuple(Setting("postgresql", number) for number in (1, 2, 4))

    with pytest.raises(SystemExit):
        read_options(["--workers", "many"])
    assert "--workers takes numbers" in capsys.readouterr().err


def test_the_ratio_is_the_middle_of_runs_that_stood_side_by_side() -> None:
    """A machine that slows down from run to run changes both sides, and no ratio."""
    figure = Figure("commands", "/s", ours=[90.0, 45.0, 20.0], bare=[100.0, 50.0, 10.0])

    assert figure.ratio == 0.9
    assert (figure.median_ours, figure.median_bare) == (45.0, 50.0)


@pytest.mark.parametrize(
    ("aim", "ours", "bare", "reached"),
    [
        (Aim("ratio", at_least=0.9), 90.0, 100.0, True),
        (Aim("ratio", at_least=0.9), 89.0, 100.0, False),
        (Aim("ratio", at_most=1.25), 125.0, 100.0, True),
        (Aim("ratio", at_most=1.25), 126.0, 100.0, False),
        (Aim("ours", at_most=20.0), 20.0, 90.0, True),
        (Aim("ours", at_most=20.0), 60.0, 90.0, False),
    ],
)
def test_an_aim_that_is_missed_stands_in_the_table_as_missed(aim: Aim, ours: float, bare: float, reached: bool) -> None:
    figure = Figure("storm", "s", [ours], [bare], aim)

    assert figure.reached is reached
    assert table([figure]).splitlines()[1].endswith("reached" if reached else "NOT REACHED")


def test_a_figure_without_a_bare_counterpart_has_no_ratio_and_no_verdict() -> None:
    figure = Figure("board", "ms", [12.0])

    assert (figure.ratio, figure.reached) == (None, None)


def test_where_bare_has_nothing_there_is_no_ratio_and_the_table_is_written_all_the_same() -> None:
    figure = Figure("told twice", "", ours=[0.0, 0.0], bare=[0.0, 1.0])

    assert figure.ratio is None
    assert "told twice" in table([figure])


def test_a_part_that_the_bench_does_not_have_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_options(["--parts", "rates,speed"])

    assert ended.value.code == 2
    assert "no such part: speed" in capsys.readouterr().err


def test_make_bench_measures_every_part_with_the_directives_of_the_province_three_times() -> None:
    options, _folder = read_options([])

    assert options.parts == ("rates", "sizes", "restart", "reading")
    assert (options.number, options.runs, options.large) == (1_320, 3, False)
