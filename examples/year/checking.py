"""The proof of the year: each moment told once, none early, none late without a reason, none missing; true figures.

Every fault is one sentence that names the directive and the moment. Each check is a function of plain rows, so that a
test can tamper with them and see the fault named.
"""

import datetime as dt
import importlib
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from examples.year.counting import AXES, Count, Groups, counts_at
from examples.year.history import Announced, Fact, History, Mails, MonthEnd, Told
from examples.year.words import YearFailed
from models.timeliness import Figures

TESTS: Final = Path(__file__).parents[2] / "tests"

PATIENCE: Final = dt.timedelta(minutes=10)
"""By how much a moment may be told late on its directive's own clock, which goes on while this machine is busy."""


class Expected(NamedTuple):
    """A moment that should have been told, as the oracle lists it."""

    planned_at: dt.datetime
    clock: str
    step: str
    level: int


Oracle = Callable[..., Sequence[Expected]]
Known = list[tuple[dt.datetime | None, Announced]]
"""Which days were announced since when, the first since ever."""


@dataclass(frozen=True)
class Fault:
    """Something that is not as it must be; `message` is a sentence of `words.py` with its holes."""

    message: str
    data: Mapping[str, object]


def the_oracle() -> Oracle:
    """The second, naive computation of what should have been told, which shares no code with the engine.

    It is kept among the tests, because that is what it is for; a wheel does not have it, and nothing else here may need
    the tests. So the folder is put on the path here, when somebody wants to prove a year.

    Raises:
        YearFailed: this is not the source tree.
    """
    if not (TESTS / "oracle" / "naive_telling.py").is_file():
        raise YearFailed("Không tìm thấy {folder}: chỉ kiểm chứng được năm này từ mã nguồn.", folder=TESTS / "oracle")
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))
    return cast("Oracle", importlib.import_module("oracle.naive_telling").expected_moments)


# --- Moments -----------------------------------------------------------------------------------------------------


def doubled(told: Sequence[Told]) -> list[Fault]:
    """Moments that were told more than once."""
    times = Counter((one.directive, one.clock, one.run, one.step) for one in told)
    return [
        _fault("{moment} được báo {times} lần.", moment=f"{code}: {clock} {step} ({run})", times=number)
        for (code, clock, run, step), number in sorted(times.items())
        if number > 1
    ]


def early(told: Sequence[Told]) -> list[Fault]:
    """Moments that were told before their time."""
    return [
        _fault(
            "{moment} báo sớm: kế hoạch {planned}, báo lúc {at}.", moment=one.name, planned=one.planned_at, at=one.at
        )
        for one in sorted(told)
        if one.at < one.planned_at
    ]


def late(told: Sequence[Told], announced: Sequence[dt.datetime]) -> list[Fault]:
    """Moments that were told late although no announcement moved them into the past (RULES 9)."""
    return [
        _fault(
            "{moment} báo muộn: kế hoạch {planned}, báo lúc {at}.", moment=one.name, planned=one.planned_at, at=one.at
        )
        for one in sorted(told)
        if one.lateness > PATIENCE
        and not any(one.planned_at <= change <= one.at <= change + PATIENCE for change in announced)
    ]


def expected_by(
    oracle: Oracle,
    facts: Mapping[str, Sequence[Fact]],
    known: Known,
    policies: Sequence[tuple[dt.datetime | None, Mapping[str, Any]]],
    until: dt.datetime,
) -> dict[str, list[Expected]]:
    """What should have been told of each directive."""
    return {
        code: [Expected(*one) for one in oracle([fact.shown() for fact in rows], known, policies, until)]
        for code, rows in facts.items()
    }


def missing_or_extra(told: Sequence[Told], expected: Mapping[str, Sequence[Expected]]) -> list[Fault]:
    """Moments that should have been told and were not, and those that should not have been."""
    found = []
    heard: dict[str, Counter[Expected]] = {}
    for one in told:
        heard.setdefault(one.directive, Counter())[Expected(one.planned_at, one.clock, one.step, one.level)] += 1
    for code in sorted({*heard, *expected}):
        wanted, had = Counter(expected.get(code, ())), heard.get(code, Counter())
        for message, difference in (
            ("{code}: thiếu mốc {clock} {step} lúc {planned}.", wanted - had),
            ("{code}: thừa mốc {clock} {step} lúc {planned}.", had - wanted),
        ):
            found += [
                _fault(message, code=code, clock=one.clock, step=one.step, planned=one.planned_at)
                for one in sorted(difference.elements())
            ]
    return found


# --- Figures -----------------------------------------------------------------------------------------------------


def wrong_figures(months: Sequence[MonthEnd], facts: Mapping[str, Sequence[Fact]]) -> list[Fault]:
    """Boards that do not add up, or say otherwise than the history: in all, by agency, by field, by leader."""
    found = []
    for month in months:
        in_all, by = counts_at([list(rows) for rows in facts.values()], month.instant)
        found += _compared(month, "in_all", {None: _count(month.in_all)}, {None: in_all})
        for axis in AXES:
            groups = {group: _count(figures) for group, figures in month.by[axis].items()}
            found += _compared(month, axis, groups, by[axis])
            if sum(count.total for count in groups.values()) != month.in_all.total:
                found.append(
                    _fault(
                        "Tổng hợp {day}: cộng theo {axis} không bằng tổng chung.",
                        day=month.instant,
                        axis=axis,
                    )
                )
    return found


def _count(figures: Figures) -> Count:
    return Count(figures.completed_on_time, figures.completed_late, figures.on_time + figures.due_soon, figures.overdue)


def _compared(month: MonthEnd, axis: str, board: Groups, history: Groups) -> list[Fault]:
    return [
        _fault(
            "Tổng hợp {day}, {axis} {group}: bảng là {board}, nhật ký là {history}.",
            day=month.instant,
            axis=axis,
            group=group or "-",
            board=_written(board.get(group, Count())),
            history=_written(history.get(group, Count())),
        )
        for group in sorted({*board, *history}, key=str)
        if board.get(group, Count()) != history.get(group, Count())
    ]


def _written(count: Count) -> str:
    return f"{count.done_on_time}+{count.done_late}+{count.open_in_time}+{count.open_overdue}={count.total}"


# --- What left the house, and the rest ---------------------------------------------------------------------------


def lost_mails(mails: Mails) -> list[Fault]:
    """Mails that did not leave, and mails that left and did not arrive."""
    found = []
    if mails.unsent:
        found.append(_fault("{number} thư chưa gửi được.", number=mails.unsent))
    if mails.sent != mails.files:
        found.append(_fault("Đã gửi {sent} thư nhưng có {files} tệp.", sent=mails.sent, files=mails.files))
    return found


def lost_commands(commands: Mapping[str, int], recorded: int) -> list[Fault]:
    """Commands without an answer, and answers without a command."""
    found = [
        _fault("{number} lệnh còn ở trạng thái {state}.", number=number, state=state)
        for state, number in sorted(commands.items())
        if state not in ("recorded", "refused")
    ]
    if commands.get("recorded", 0) != recorded:
        found.append(
            _fault(
                "Mọi người nhận trả lời cho {answered} lệnh, sổ lệnh ghi {recorded}.",
                answered=recorded,
                recorded=commands.get("recorded", 0),
            )
        )
    return found


def check(
    history: History,
    months: Sequence[MonthEnd],
    recorded: int,
    known: Known,
    expected: Mapping[str, Sequence[Expected]],
) -> list[Fault]:
    """Everything that is not as it must be; an empty list when the year is proved.

    Args:
        recorded: how many acts people were told were recorded.
        known: the announced days, and since when they were known.
        expected: what should have been told of each directive.
    """
    announced = [since for since, _ in known if since is not None]
    return list(
        chain(
            doubled(history.told),
            early(history.told),
            late(history.told, announced),
            missing_or_extra(history.told, expected),
            wrong_figures(months, history.facts),
            lost_mails(history.mails),
            lost_commands(history.commands, recorded),
        )
    )


def _fault(message: str, **data: object) -> Fault:
    return Fault(message, data)
