"""What invented people do with one directive, from the day it is registered: prompt, late, silent or stubborn."""

import datetime as dt
from collections.abc import Callable
from itertools import pairwise

from examples.acting import DECLINED, EXTENSION
from examples.year.diary import Diary, Who
from models import commands as c
from models.calendar import Calendar
from models.deadline import make_deadline
from models.refusal import Code
from models.vocabulary import Urgency

Story = Callable[[Diary], None]


def in_time(diary: Diary) -> None:
    """What one hopes for."""
    diary.acknowledge(0, 1)
    diary.finish()


def late_to_acknowledge(diary: Diary) -> None:
    """The agency has to be asked whether it has received it; its first report is the answer, or it never says so."""
    diary.wait(2, 5)
    if diary.chance.random() < 0.5:
        diary.report()
    else:
        diary.do(Who.LEAD_HEAD, c.Acknowledge())
    diary.finish()


def silent(diary: Diary) -> None:
    """Weeks without a word, then a result in time."""
    diary.acknowledge(0, 1)
    diary.before_due(1, 3)
    diary.report()
    diary.wait(0)
    diary.submit()
    diary.accept()


def late(diary: Diary) -> None:
    """Handed in after the deadline; whoever is very late explains himself."""
    diary.acknowledge(0, 2)
    diary.work_until(diary.calendar.add(diary.due_day, -4))
    slack = diary.chance.choice((1, 1, 2, 4, 6, 9, 12, 18))
    if slack > 5:
        diary.after_due(3, 4)
        diary.do(Who.REVIEWER, c.Urge(text="Đề nghị báo cáo ngay kết quả; nhiệm vụ đã quá hạn."))
    if slack > 8:
        diary.after_due(6, 7)
        _explain(diary)
    diary.after_due(slack, slack)
    diary.submit()
    diary.accept(0, 3)


def never_done(diary: Diary) -> None:
    """Goes up the whole ladder and stays there."""
    if diary.chance.random() < 0.6:
        diary.acknowledge(1, 4)
    diary.after_due(2, 4)
    diary.do(Who.LEADER, c.Urge(text="Yêu cầu thủ trưởng cơ quan chủ trì chịu trách nhiệm về sự chậm trễ."))
    diary.after_due(8, 12)
    _explain(diary)


def _explain(diary: Diary) -> None:
    respond_by = make_deadline(diary.calendar.add(diary.today, 2)) if diary.chance.random() < 0.5 else None
    text = "Đề nghị giải trình lý do chậm, trách nhiệm và thời điểm hoàn thành."
    diary.do(Who.CHAIRMAN, c.DemandExplanation(text=text, respond_by=respond_by))
    diary.wait(0, 4)
    diary.do(Who.LEAD_HEAD, c.Explain(text="Chậm do phải lấy ý kiến lại của các địa phương."))


def returned(diary: Diary) -> None:
    """The first result is not good enough; half of them get a new deadline with it."""
    diary.acknowledge(0, 1)
    diary.work_until(diary.calendar.add(diary.due_day, -6))
    diary.before_due(2, 6)
    diary.submit()
    diary.wait(1, 3)
    deadline = diary.a_deadline(5, 12) if diary.chance.random() < 0.5 else None
    diary.do(Who.REVIEWER, c.Return(reason="Chưa nêu rõ tiến độ giải ngân; đề nghị bổ sung.", deadline=deadline))
    if deadline is not None:
        diary.due = deadline.day
    diary.wait(2, 7)
    diary.submit()
    diary.accept()


def extended(diary: Diary) -> None:
    """Asks for more time: granted by the leader, by the office with his word, or refused."""
    diary.acknowledge(0, 1)
    diary.work_until(diary.calendar.add(diary.due_day, -6))
    diary.before_due(2, 5)
    deadline = diary.a_deadline(10, 25)
    diary.do(Who.LEAD_HEAD, c.RequestExtension(deadline=deadline, reason=diary.chance.choice(EXTENSION)))
    diary.wait(0, 4)
    match diary.chance.randrange(4):
        case 0:
            diary.do(Who.LEADER, c.DecideExtension(granted=False, reason="Nội dung này không thể chậm hơn."))
        case 1:
            citation = "Ý kiến của Phó Chủ tịch tại phiếu trình 15"
            diary.do(Who.REVIEWER, c.DecideExtension(granted=True, citation=citation))
            diary.due = deadline.day
        case _:
            diary.do(Who.LEADER, c.DecideExtension(granted=True))
            diary.due = deadline.day
    diary.wait(1, 2)
    diary.report()
    diary.finish()


def declined(diary: Diary) -> None:
    """It was not theirs; the office takes its time to find out whose it is."""
    diary.wait(0, 2)
    diary.do(Who.LEAD_HEAD, c.Decline(reason=diary.chance.choice(DECLINED)))
    diary.wait(1, 4)
    diary.do(Who.REVIEWER, c.Assign(agency=diary.other, reason="Đúng chức năng của cơ quan nhận."))
    diary.acknowledge(0, 1)
    diary.finish()


def suspended(diary: Diary) -> None:
    """Stands still for some weeks, waiting for a ministry; comes back with a new deadline."""
    if diary.chance.random() < 0.7:
        diary.acknowledge(0, 1)
    diary.wait(2, 4)
    _pause(diary, diary.calendar.add(diary.today, diary.chance.randint(8, 22)))


def suspended_over_tet(diary: Diary) -> None:
    """Stands still from before Tết until after it."""
    diary.acknowledge(0, 1)
    eve = _tet_eve(diary.calendar, diary.today.year)
    diary.reach(diary.calendar.add(eve, -diary.chance.randint(0, 2)))
    _pause(diary, diary.calendar.add(eve, diary.chance.randint(2, 6)))


def _pause(diary: Diary, until: dt.date) -> None:
    diary.do(Who.LEADER, c.Suspend(reason="Chờ văn bản hướng dẫn của Bộ chủ quản."))
    diary.reach(until)
    deadline = diary.a_deadline(6, 20)
    diary.do(Who.LEADER, c.Resume(deadline=deadline, reason="Đã có hướng dẫn."))
    diary.due = deadline.day
    diary.wait(1, 2)
    diary.report()
    diary.finish()


def _tet_eve(calendar: Calendar, year: int) -> dt.date:
    """The last day worked before the longest rest of the first quarter."""
    days = [dt.date(year, 1, 10) + dt.timedelta(days=number) for number in range(60)]
    worked = [day for day in days if calendar.is_working(day)]
    return max(pairwise(worked), key=lambda pair: pair[1] - pair[0])[0]


def reassigned(diary: Diary) -> None:
    """Taken from one agency in the middle of its work and given to another."""
    diary.acknowledge(0, 1)
    diary.wait(4, 8)
    diary.report()
    diary.wait(1, 5)
    diary.do(Who.REVIEWER, c.Reassign(agency=diary.other, reason="Điều chuyển để một cơ quan chủ trì chung."))
    diary.acknowledge(1, 2)
    diary.finish()


def cancelled(diary: Diary) -> None:
    """The document was withdrawn; somebody still has a remark."""
    diary.acknowledge(0, 1)
    diary.wait(3, 12)
    diary.do(Who.LEADER, c.Cancel(reason="Văn bản đã được thay thế."))
    diary.wait(1, 3)
    diary.do(Who.LEAD_OFFICER, c.Submit(result="Báo cáo"), Code.WRONG_STATE)
    diary.wait(0)
    diary.do(Who.MONITOR, c.Comment(text="Nội dung này chuyển sang văn bản thay thế."))


def reopened(diary: Diary) -> None:
    """Accepted too early, and opened again."""
    diary.acknowledge(0, 1)
    diary.before_due(2, 8)
    diary.submit()
    diary.accept(0, 1)
    diary.wait(6, 20)
    deadline = diary.a_deadline(6, 15)
    diary.do(Who.CHAIRMAN, c.Reopen(deadline=deadline, reason="Kết quả chưa đạt yêu cầu thực tế."))
    diary.due = deadline.day
    diary.work_until(diary.calendar.add(deadline.day, -2))
    diary.before_due(-2, 1)
    diary.submit()
    diary.accept()


def amended(diary: Diary) -> None:
    """The deadline is moved, nearer or farther, and now and then it becomes a flash matter."""
    diary.acknowledge(0, 1)
    diary.wait(3, 6)
    if diary.chance.random() < 0.3:
        diary.do(Who.LEADER, c.Amend(reason="Tình hình cấp bách", urgency=Urgency.FLASH))
        diary.wait(2, 3)
    elif diary.chance.random() < 0.5:
        nearer = make_deadline(diary.calendar.add(diary.today, diary.chance.randint(4, 8)))
        diary.do(Who.LEADER, c.Amend(reason="Cần kết quả sớm hơn cho kỳ họp", deadline=nearer))
        diary.due = nearer.day
    else:
        farther = diary.a_deadline(8, 20)
        diary.do(Who.REVIEWER, c.Amend(reason="Theo lịch làm việc của Trung ương", deadline=farther))
        diary.due = farther.day
    diary.wait(0, 1)
    diary.report()
    diary.finish()


def slowly_reviewed(diary: Diary) -> None:
    """In time, and then the office has it on its table for a week or two."""
    diary.acknowledge(0, 1)
    diary.before_due(1, 4)
    diary.submit()
    diary.accept(5, 9)


def handed_out_late(diary: Diary) -> None:
    """Registered without a lead agency; the office has to be reminded itself."""
    diary.wait(1, 4)
    diary.do(Who.REVIEWER, c.Assign(agency=diary.other))
    diary.acknowledge(0, 1)
    diary.finish()


def open_ended(diary: Diary) -> None:
    """Without a deadline: reports when it likes, until somebody sets one."""
    diary.acknowledge(0, 2)
    for _ in range(diary.chance.randint(1, 3)):
        diary.wait(8, 34)
        diary.report()
    diary.wait(3, 10)
    deadline = diary.a_deadline(5, 12)
    diary.do(Who.LEADER, c.Amend(reason="Cần kết thúc trong quý", deadline=deadline))
    diary.due = deadline.day
    diary.finish()


def flash(diary: Diary) -> None:
    """Counts in hours, and most of these hours lie on both sides of a weekend."""
    diary.wait(diary.chance.choice((0, 0, 1)))
    diary.do(Who.LEAD_HEAD, c.Acknowledge())
    diary.wait(0)
    diary.report()
    if diary.chance.random() < 0.5:
        diary.reach(diary.due_day)
    else:
        diary.after_due(1, 2)
    diary.submit()
    diary.accept(0, 1)
