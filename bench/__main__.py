"""`make bench`: what the engine does and costs, each figure beside bare Temporal in the same run.

Prints a table and keeps everything in bench/results/ as JSON. The machine is noisy: read the ratios, not the seconds.
docs/performance.md says what each figure means.
"""

import argparse
import asyncio
import dataclasses
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bench import figures
from bench.backups import restored
from bench.pages import DIRECTIVES, SECONDS, Load, paged
from bench.polling import Polled, polled
from bench.rates import EMBEDDED, Phase, Setting, lives, say
from bench.reading import CALLS, COPIES, FEW, bare_reading, our_reading
from bench.report import RESULTS, Figure, keep, table
from bench.restarts import Restarted, restarts
from bench.scale import scaled
from bench.sizes import SETTLE_SECONDS, sizes
from worker import fast_loop

PARTS = ("rates", "sizes", "restart", "reading", "pages", "polling", "backup", "scale")
USUAL_PARTS = ("rates", "sizes", "restart", "reading")
QUICK_PARTS = ("rates", "reading")

STORMS_A_RUN = 2
"""Storms that are measured in each run of the rates; a life has more, see `bench.rates.STORMS`."""

SIZES_NUMBER = 200
LARGE = 13_200

Measured = TypeVar("Measured")


@dataclasses.dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        number: directives on each side.
        runs: how often each side is measured in turn.
        large: also restart with ten times as many open.
        storms: in each run of the rates.
        copies: how many times the snapshots stand in the great table.
        calls: of each command whose process is timed.
        load: under which pages are measured.
        settings: on which databases and with how many workers the engine is measured.
        open: directives that are backed up.
    """

    parts: tuple[str, ...]
    number: int
    runs: int
    large: bool
    storms: int = STORMS_A_RUN
    copies: int = COPIES
    calls: int = CALLS
    load: Load = dataclasses.field(default_factory=Load)
    settings: tuple[Setting, ...] = (EMBEDDED,)
    open: int = LARGE


async def measure(options: Options) -> tuple[list[Figure], dict[str, Any]]:
    """Measure what is asked for; the figures, and what they were made of."""
    found: list[Figure] = []
    raw: dict[str, Any] = {}
    for setting in options.settings:
        await _engine(options, setting, found, raw)
    if "sizes" in options.parts:
        number = min(SIZES_NUMBER, options.number)
        whole = await paired("sizes", 1, lambda name: sizes(name, number, SETTLE_SECONDS))
        found += figures.of_sizes(*whole, number)
        raw["sizes"] = _plain(whole)
    if "reading" in options.parts:
        say("reading: ours, then bare")
        asked = min(FEW, options.number)
        read = [our_reading(asked, options.copies, options.calls)], [await bare_reading(asked)]
        found += figures.of_reading(*read)
        raw["reading"] = _plain(read)
    if "pages" in options.parts:
        say("pages")
        seen = await paged(options.load)
        found += figures.of_pages(seen)
        raw["pages"] = dataclasses.asdict(seen)
    if "backup" in options.parts:
        say("backup")
        back = [await restored(options.open, setting) for setting in options.settings[:1] for _ in range(options.runs)]
        found += figures.of_backup(back)
        raw["backup"] = [dataclasses.asdict(one) for one in back]
    if "scale" in options.parts:
        say("scale")
        few, many = options.number, 10 * options.number
        grown = [await scaled(few, 0), await scaled(many, 0), await scaled(many, 10 * many)]
        found += figures.of_scale(grown)
        raw["scale"] = [dataclasses.asdict(one) for one in grown]
    return found, raw


async def _engine(options: Options, setting: Setting, found: list[Figure], raw: dict[str, Any]) -> None:
    """The engine beside bare Temporal, and beside a polling loop where that is asked for."""
    polls: list[Polled] = []
    if "polling" in options.parts:
        say(f"polling{setting}")
        polls = [await polled(options.number, setting.workers) for _ in range(options.runs)]
        raw[f"polling{setting}"] = [dataclasses.asdict(one) for one in polls]
    if "rates" in options.parts:

        def live(name: str) -> Awaitable[list[Phase]]:
            return lives(name, options.number, options.storms, setting)

        pairs = await paired(f"rates{setting}", options.runs, live)
        found += figures.of_rates(*pairs, polls, setting)
        raw[f"rates{setting}"] = _plain(pairs)
    if "restart" in options.parts:

        def kill(name: str) -> Awaitable[Restarted]:
            return restarts(name, options.number, setting=setting)

        few = await paired(f"restart{setting}", options.runs, kill)
        found += figures.of_restarts(*few, polls, setting)
        raw[f"restart{setting}"] = _plain(few)
        if options.large:
            many = await paired("restart, large", options.runs, lambda name: restarts(name, LARGE, setting=setting))
            found += [*figures.of_restarts(*many, setting=setting), figures.of_growth(few, many)]
            raw["restart_large"] = _plain(many)


async def paired(
    part: str, runs: int, measured: Callable[[str], Awaitable[Measured]]
) -> tuple[list[Measured], list[Measured]]:
    """Measure ours and bare in turn, each alone on the machine; whoever was second is first in the next pair."""
    results: dict[str, list[Measured]] = {"ours": [], "bare": []}
    for run in range(runs):
        for name in ("ours", "bare") if run % 2 == 0 else ("bare", "ours"):
            say(f"{part}, run {run + 1} of {runs}: {name} (load {os.getloadavg()[0]:.1f})")
            results[name].append(await measured(name))
    return results["ours"], results["bare"]


def _plain(pairs: tuple[Sequence[Any], Sequence[Any]]) -> dict[str, Any]:
    """Dataclasses as JSON writes them."""

    def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a part has measured
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        return dataclasses.asdict(value)

    return {"ours": plain(pairs[0]), "bare": plain(pairs[1])}


def read_options(arguments: Sequence[str] | None = None) -> tuple[Options, Path]:
    """What the command line asks for, and where the JSON goes."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--number", type=int, default=None, help=f"directives on each side (default: {FEW})")
    parser.add_argument("--runs", type=int, default=None, help="times that each side is measured, in turn (default: 3)")
    parser.add_argument(
        "--parts", default=None, metavar="PART,PART", help=f"of {', '.join(PARTS)} (default: {', '.join(USUAL_PARTS)})"
    )
    parser.add_argument("--large", action="store_true", help=f"restart with {LARGE:,} open as well; 10 minutes a run")
    parser.add_argument(
        "--quick", action="store_true", help="20 directives, one run: shows that it works, not how fast"
    )
    parser.add_argument("--directives", type=int, default=DIRECTIVES, help=f"pages: in the ledger ({DIRECTIVES:,})")
    parser.add_argument("--open", type=int, default=LARGE, help=f"backup: open directives ({LARGE:,})")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="of our ledger (sqlite)")
    parser.add_argument("--workers", default="1", metavar="N,N", help="worker processes, one table after another (1)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"pages: measured ({SECONDS:.0f})")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="folder of the JSON (bench/results)")
    given = parser.parse_args(arguments)
    parts = tuple(given.parts.split(",")) if given.parts else QUICK_PARTS if given.quick else USUAL_PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    options = Options(
        parts=parts,
        number=given.number or (20 if given.quick else FEW),
        runs=given.runs or (1 if given.quick else 3),
        large=given.large,
        load=Load(given.directives, given.seconds),
        settings=tuple(Setting(given.database, workers) for workers in _counts(parser, given.workers)),
        open=given.open,
    )
    if options.number < 2 or options.runs < 1:
        parser.error("two directives and one run are the least")
    if given.quick:
        options = dataclasses.replace(options, storms=1, copies=3, calls=1)
    return options, given.out


def _counts(parser: argparse.ArgumentParser, written: str) -> list[int]:
    """Numbers of worker processes, as somebody wrote them."""
    parts = written.split(",")
    if not all(part.isascii() and part.isdigit() and 0 < int(part) < 65 for part in parts):
        parser.error(f"--workers takes numbers such as 1,2,4: {written}")
    return [int(part) for part in parts]


async def _until_stopped(measuring: Awaitable[Measured]) -> Measured:
    """Measure; SIGTERM, like Ctrl-C, first stops the processes that were started."""
    task = asyncio.ensure_future(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def main() -> None:
    """Measure, print the table, keep the JSON."""
    options, folder = read_options()
    start, load = time.monotonic(), os.getloadavg()[0]
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        try:
            found, raw = runner.run(_until_stopped(measure(options)))
        except (asyncio.CancelledError, KeyboardInterrupt):
            say("stopped before everything was measured; nothing is kept")
            os._exit(130)
    seconds = time.monotonic() - start
    about = {"options": dataclasses.asdict(options), "load_at_start": load, "seconds": seconds, "raw": raw}
    kept = keep(found, about, folder)  # before anything else: an hour's work is in it
    print(table(found))
    if load > 1:
        print(
            f"The machine was busy when it began (load {load:.1f}): the ratios are of little use, the seconds of none."
        )
    print(f"{seconds / 60:.1f} minutes; kept in {kept}")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the SDK's threads may crash an interpreter that winds down
