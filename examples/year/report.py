"""The report of a year: one value, written as JSON for machines and as tables for people."""

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from documents.labels import label
from documents.language import Language
from examples.year.checking import Fault
from examples.year.history import History, MonthEnd, Told
from examples.year.living import Year
from examples.year.words import say
from models.calendar import LOCAL
from models.directory import Directory
from models.timeliness import Figures
from models.vocabulary import Clock

LEVELS: Final = range(5)
BINS: Final = ((1, "< 1 s"), (5, "1-5 s"), (60, "5-60 s"), (600, "1-10 min"))
"""Upper ends in seconds; what is later was moved into the past by an announcement."""


@dataclass(frozen=True)
class Proof:
    """What the checks and the engine's own found; `expected` moments should have been told."""

    faults: list[Fault]
    expected: int
    rows: int
    broken: int
    reconciled: int
    differences: int


def make_report(year: Year, history: History, directory: Directory, proof: Proof, seconds: float) -> dict[str, Any]:
    """Put the year together; the keys are stable.

    Args:
        seconds: the real time that it took.
    """
    told = history.told
    lateness = sorted(one.lateness.total_seconds() for one in told)
    days = (year.script.ends - year.script.starts) / dt.timedelta(days=1)
    return {
        "year": year.script.year,
        "seed": year.script.seed,
        "directives": len(year.script.lives),
        "kinds": dict(Counter(life.kind for life in year.script.lives)),
        "events": sum(len(rows) for rows in history.facts.values()),
        "by_kind": dict(Counter(fact.kind for rows in history.facts.values() for fact in rows)),
        "commands": {"recorded": year.recorded, "refused": year.refused},
        "moments": _moments(told),
        "escalated_to": _escalated(told, directory),
        "agencies": _agencies(year.months[-1], directory),
        "months": [{"month": _month(one)} | _figures(one.in_all) for one in year.months],
        "lateness": {
            "median_seconds": statistics.median(lateness) if lateness else 0.0,
            "longest_seconds": lateness[-1] if lateness else 0.0,
            "histogram": _histogram(lateness),
        },
        "notices": sum(history.mails.deliveries.values()),
        "mails": {
            "sent": history.mails.sent,
            "digests": history.mails.digests,
            "files": history.mails.files,
            "deliveries": history.mails.deliveries,
        },
        "time": {"virtual_days": days, "real_seconds": seconds, "times_faster": days * 86_400 / seconds},
        "verify": {"checked": proof.rows, "broken": proof.broken},
        "reconcile": {"checked": proof.reconciled, "differences": proof.differences},
        "expected_moments": proof.expected,
        "faults": [say(fault.message, Language.EN, **fault.data) for fault in proof.faults],
    }


def _moments(told: Sequence[Told]) -> dict[str, Any]:
    by_clock: dict[str, dict[str, int]] = {}
    for one in told:
        row = by_clock.setdefault(one.clock, {"told": 0, "merged": 0} | {f"level_{level}": 0 for level in LEVELS})
        row[one.outcome] += 1
        row[f"level_{one.level}"] += 1
    return {
        "told": sum(row["told"] for row in by_clock.values()),
        "merged": sum(row["merged"] for row in by_clock.values()),
        "by_clock": {clock.value: by_clock[clock.value] for clock in Clock if clock.value in by_clock},
    }


def _escalated(told: Sequence[Told], directory: Directory) -> list[dict[str, Any]]:
    times = Counter(person for one in told if one.level > 0 for person in one.recipients)
    return [
        {"person": person, "name": directory.person_name(person), "times": number}
        for person, number in sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "total": figures.total,
        "completed_on_time": figures.completed_on_time,
        "completed_late": figures.completed_late,
        "open_in_time": figures.on_time + figures.due_soon,
        "overdue": figures.overdue,
    }


def _agencies(end: MonthEnd, directory: Directory) -> list[dict[str, Any]]:
    """The lead agencies, those with most first; on time is done on time of all that is done or overdue."""
    return [
        {
            "agency": agency,
            "name": directory.agency_name(agency),
            **_figures(figures),
            "on_time_rate": _rate(figures.completed_on_time, figures.completed + figures.overdue),
        }
        for agency, figures in sorted(end.by["agency"].items(), key=lambda pair: (-pair[1].total, pair[0] or ""))
    ]


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _month(end: MonthEnd) -> str:
    return (end.instant - dt.timedelta(seconds=1)).astimezone(LOCAL).strftime("%Y-%m")


def _histogram(lateness: Sequence[float]) -> dict[str, int]:
    found: dict[str, int] = {name: 0 for _, name in BINS} | {"moved": 0}
    for seconds in lateness:
        name = next((name for end, name in BINS if seconds < end), "moved")
        found[name] += 1
    return found


# --- For people --------------------------------------------------------------------------------------------------


def print_report(report: dict[str, Any], console: Console, language: Language) -> None:
    """Print the report as tables."""

    def words(message: str, **data: object) -> str:
        return say(message, language, **data)

    title = words(
        "Năm {year}: {directives} nhiệm vụ (mã ngẫu nhiên {seed})",
        year=report["year"],
        directives=report["directives"],
        seed=report["seed"],
    )
    _print_table(console, title, ("", ""), [(words(name), text) for name, text in _summary(report, language)])
    clocks = report["moments"]["by_clock"]
    _print_table(
        console,
        words("Mốc theo đồng hồ và cấp"),
        (
            words("Đồng hồ"),
            words("Nhắc"),
            *(words("Cấp {level}", level=level) for level in LEVELS[1:]),
            words("Gộp"),
            words("Cộng"),
        ),
        [
            (
                label(Clock(name), language),
                *(row[f"level_{level}"] for level in LEVELS),
                row["merged"],
                row["told"] + row["merged"],
            )
            for name, row in clocks.items()
        ],
    )
    _print_table(
        console,
        words("Nhận đôn đốc cấp 1-4 nhiều nhất"),
        (words("Người"), words("Lần")),
        [(one["name"], one["times"]) for one in report["escalated_to"][:8]],
    )
    figures = (
        words("Tổng"),
        words("Xong đúng hạn"),
        words("Xong muộn"),
        words("Còn trong hạn"),
        words("Còn quá hạn"),
    )
    keys = ("total", "completed_on_time", "completed_late", "open_in_time", "overdue")
    _print_table(
        console,
        words("Cơ quan chủ trì đến cuối năm"),
        (words("Cơ quan"), *figures, words("Đúng hạn")),
        [(one["name"], *(one[key] for key in keys), _percent(one["on_time_rate"])) for one in report["agencies"][:12]],
    )
    _print_table(
        console,
        words("Cuối mỗi tháng"),
        (words("Tháng"), *figures),
        [(one["month"], *(one[key] for key in keys)) for one in report["months"]],
    )
    _print_table(
        console,
        words("Mốc báo muộn bao lâu"),
        (words("Muộn"), words("Số mốc")),
        [
            (words("do đổi lịch") if name == "moved" else name, number)
            for name, number in report["lateness"]["histogram"].items()
        ],
    )


def _summary(report: dict[str, Any], language: Language) -> list[tuple[str, str]]:
    def words(message: str, **data: object) -> str:
        return say(message, language, **data)

    moments, mails, time = report["moments"], report["mails"], report["time"]
    lateness, commands = report["lateness"], report["commands"]
    real = words("{seconds} giây", seconds=f"{time['real_seconds']:.0f}")
    days = words("{days} ngày", days=f"{time['virtual_days']:.0f}")
    median = words("{seconds} giây", seconds=f"{lateness['median_seconds']:.3f}")
    longest = words("{seconds} giây", seconds=f"{lateness['longest_seconds']:.1f}")
    proved = words(
        "{expected} mốc phải báo, sai {faults}",
        expected=report["expected_moments"],
        faults=len(report["faults"]),
    )
    return [
        ("Sự kiện trong nhật ký", str(report["events"])),
        ("Lệnh được ghi / bị từ chối đúng quy tắc", f"{commands['recorded']} / {commands['refused']}"),
        ("Mốc được báo / gộp", f"{moments['told']} / {moments['merged']}"),
        (
            "Thông báo / thư đã gửi / trong đó bản tổng hợp",
            f"{report['notices']} / {mails['sent']} / {mails['digests']}",
        ),
        ("Báo muộn: trung vị / lâu nhất", f"{median} / {longest}"),
        ("Thời gian ảo / thời gian thật", f"{days} / {real} (x {time['times_faster']:,.0f})"),
        (
            "Kiểm chuỗi băm",
            words("{rows} dòng, hỏng {broken}", rows=report["verify"]["checked"], broken=report["verify"]["broken"]),
        ),
        (
            "Đối chiếu với Temporal",
            words(
                "{checked} nhiệm vụ, khác {differences}",
                checked=report["reconcile"]["checked"],
                differences=report["reconcile"]["differences"],
            ),
        ),
        ("Kiểm chứng từng mốc", proved),
    ]


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.0%}"


def _print_table(console: Console, title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    console.print(title, style="bold")  # a table's own title is broken at the table's width
    table = Table(show_header=any(heads), header_style="bold")
    for place, head in enumerate(heads):
        numbers = bool(rows) and all(isinstance(row[place], int | float) for row in rows)
        table.add_column(head, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)
