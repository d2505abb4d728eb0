"""What the bench found: figures of both sides with their ratio and what was aimed at, as a table and as JSON."""

import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Aim:
    """What an issue asks for.

    Attributes:
        on: whether the ratio of ours to bare is meant, or our own figure.
    """

    on: Literal["ratio", "ours"]
    at_least: float | None = None
    at_most: float | None = None

    def reached(self, figure: "Figure") -> bool:
        """Whether a figure keeps it."""
        value = figure.ratio if self.on == "ratio" else figure.median_ours
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        mark, value = ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most)
        return f"{'ratio ' if self.on == 'ratio' else ''}{mark} {value:g}"


@dataclass(frozen=True)
class Figure:
    """One figure: a value of each run of ours, and of the run of bare Temporal beside it.

    Attributes:
        bare: empty where bare Temporal has nothing of the kind.
        polling: of a polling loop over one table, where it was measured.
    """

    name: str
    unit: str
    ours: Sequence[float]
    bare: Sequence[float] = ()
    aim: Aim | None = None
    polling: Sequence[float] = ()

    @property
    def median_ours(self) -> float:
        """The middle run of ours."""
        return statistics.median(self.ours)

    @property
    def median_bare(self) -> float | None:
        """The middle run of bare Temporal."""
        return statistics.median(self.bare) if self.bare else None

    @property
    def ratio(self) -> float | None:
        """Ours against bare: the middle of the ratios of runs that stood side by side; None where bare has nothing."""
        if not all(self.bare) or not self.bare:
            return None
        return statistics.median(our / bare for our, bare in zip(self.ours, self.bare, strict=True))

    @property
    def reached(self) -> bool | None:
        """Whether the aim is kept; None where there is none."""
        return self.aim.reached(self) if self.aim else None

    def to_json(self) -> dict[str, Any]:
        """Every value, and what follows from them."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": list(self.ours),
            "bare": list(self.bare),
            "polling": list(self.polling),
            "median_ours": self.median_ours,
            "median_bare": self.median_bare,
            "ratio": self.ratio,
            "aim": str(self.aim) if self.aim else None,
            "reached": self.reached,
        }


def table(figures: Sequence[Figure]) -> str:
    """The figures for people: medians, in brackets the least and the greatest run."""
    lines = [("", "", "ours", "bare", "ratio", "polling", "aim", "")]
    for one in figures:
        ratio = "–" if one.ratio is None else f"{one.ratio:.2f}"
        verdict = {True: "reached", False: "NOT REACHED", None: ""}[one.reached]
        sides = (_spread(one.ours), _spread(one.bare), ratio, _spread(one.polling))
        lines.append((one.name, one.unit, *sides, str(one.aim or ""), verdict))
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    left = (True, True, False, False, False, False, True, True)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(line, widths, left, strict=True)
        ).rstrip()
        for line in lines
    )


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "–"
    middle = _short(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} [{_short(min(values))}–{_short(max(values))}]"


def _short(value: float) -> str:
    """Three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
        "commit": _commit(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _commit() -> str | None:
    """The commit that is measured, with a mark when files differ from it; None outside a repository."""
    git = shutil.which("git")
    if git is None:
        return None
    told = subprocess.run(
        [git, "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or None


def keep(figures: Sequence[Figure], about: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Keep the figures as JSON.

    Args:
        about: how they were measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    kept = folder / f"{now:%Y%m%dT%H%M%S}Z.json"
    content = {"at": now.isoformat(), "machine": machine(), **about, "figures": [one.to_json() for one in figures]}
    kept.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return kept
