"""What the people of a crowd want, as one throw of the dice: mostly what fits, sometimes what must be refused."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass

from models import commands as c
from models.calendar import LOCAL
from models.deadline import Deadline, make_deadline
from models.vocabulary import Opinion

AGENCIES = ("SYT", "STC", "SXD", "SNV", "SCT")
OFFICE, LEADER = "chanhvanphong", "chutich"


Choice = tuple[float, str, Callable[[], c.Command]]
"""How often, who, and what."""


@dataclass(frozen=True)
class Seen:
    """What a person sees of a directive before he acts."""

    code: str
    status: str
    lead: str
    seq: int
    now: dt.datetime


@dataclass(frozen=True)
class Thrown:
    """What he then does."""

    person: str
    command: c.Command
    seen_seq: int | None = None


def deadline_in(now: dt.datetime, seconds: float) -> Deadline:
    """A deadline so many seconds from now, to the second."""
    due = (now + dt.timedelta(seconds=seconds)).astimezone(LOCAL)
    return make_deadline(due.date(), time=due.time().replace(microsecond=0))


def deadline_on(now: dt.datetime, days: int) -> Deadline:
    """A deadline at half past two of a coming day."""
    return make_deadline(now.astimezone(LOCAL).date() + dt.timedelta(days=days), time=dt.time(14, 30))


def throw(dice: random.Random, seen: Seen, *, hurried: bool) -> Thrown:
    """Choose who does what.

    Args:
        hurried: deadlines are also moved so near that they fall due within the trial.
    """
    if dice.random() < 0.1:
        return _mistake(dice, seen)
    officer, head = f"chuyenvien.{seen.lead.lower()}", f"truong.{seen.lead.lower()}"
    other = dice.choice([agency for agency in AGENCIES if agency != seen.lead])

    def near() -> Deadline:
        return deadline_in(seen.now, dice.uniform(20, 120)) if hurried else far()

    def far() -> Deadline:
        return deadline_on(seen.now, dice.choice((1, 2, 5)))

    anywhere: list[Choice] = [
        (1.0, OFFICE, lambda: c.Comment(text="Đã xem")),
        (0.7, OFFICE, lambda: c.Urge(text="Đề nghị làm ngay")),
        (0.7, OFFICE, lambda: c.Amend(deadline=near(), reason="Cấp trên yêu cầu sớm hơn")),
        (0.5, LEADER, lambda: c.Amend(deadline=far(), reason="Cho thêm thời gian")),
        (0.5, OFFICE, lambda: c.DemandExplanation(text="Vì sao chậm?")),
        (0.5, head, lambda: c.Explain(text="Do thiếu số liệu")),
        (0.4, OFFICE, lambda: c.Reassign(agency=other, reason="Đúng chức năng hơn")),
        (0.3, OFFICE, lambda: c.Suspend(reason="Chờ hướng dẫn")),
        (0.2, LEADER, lambda: c.Cancel(reason="Không còn cần")),
        (0.7, head, lambda: c.RequestExtension(deadline=far(), reason="Cần thêm thời gian")),
        (0.5, LEADER, lambda: c.DecideExtension(granted=True)),
        (0.3, LEADER, lambda: c.DecideExtension(granted=False, reason="Không gia hạn")),
    ]
    fitting: dict[str, list[Choice]] = {
        "assigned": [
            (5.0, officer, c.Acknowledge),
            (2.0, officer, lambda: c.ReportProgress(text="Đang làm", percent=10)),
            (0.5, head, lambda: c.Decline(reason="Không thuộc chức năng")),
        ],
        "in_progress": [
            (4.0, officer, lambda: c.ReportProgress(text="Đang làm", percent=dice.randrange(100))),
            (3.0, head, lambda: c.Submit(result="Báo cáo kết quả")),
            (1.0, "chuyenvien.snnmt", lambda: c.Contribute(opinion=Opinion.AGREE)),
        ],
        "submitted": [
            (4.0, OFFICE, c.Accept),
            (2.0, LEADER, lambda: c.Return(reason="Chưa đủ")),
            (0.5, OFFICE, lambda: c.Return(reason="Chưa đủ", deadline=near())),
        ],
        "declined": [(4.0, OFFICE, lambda: c.Assign(agency=other))],
        "suspended": [(6.0, OFFICE, lambda: c.Resume(deadline=far()))],
        "completed": [(3.0, LEADER, lambda: c.Reopen(deadline=far(), reason="Xem lại"))],
        "cancelled": [(3.0, LEADER, lambda: c.Reopen(deadline=far(), reason="Vẫn cần"))],
    }
    choices = [*fitting.get(seen.status, []), *anywhere]
    _weight, person, make = dice.choices(choices, weights=[one[0] for one in choices])[0]
    return Thrown(person, make(), seen.seq if dice.random() < 0.15 else None)


def _mistake(dice: random.Random, seen: Seen) -> Thrown:
    stranger = next(agency for agency in AGENCIES if agency != seen.lead).lower()
    return dice.choice(
        (
            Thrown(f"chuyenvien.{stranger}", c.Acknowledge()),
            Thrown(f"truong.{stranger}", c.Submit(result="Không phải việc của tôi")),
            Thrown(OFFICE, c.Comment(text="Đã xem"), max(0, seen.seq - 1)),
            Thrown(OFFICE, c.Cancel(reason="")),
            Thrown("thanhtra", c.Comment(text="Chỉ được xem")),
        )
    )
