"""What invented people do with the invented directives, so that the demo's board is alive."""

import datetime as dt
import random

from database.engine import reading
from database.figures import Filter
from models.calendar import local_day
from models.commands import (
    Accept,
    Acknowledge,
    Command,
    Comment,
    Contribute,
    Decline,
    DemandExplanation,
    Explain,
    ReportProgress,
    RequestExtension,
    Return,
    Submit,
    Suspend,
    Urge,
)
from models.deadline import Deadline, make_deadline
from models.directory import Directory
from models.vocabulary import Grade, Opinion, Position, Timeliness
from services.acting import Wish
from services.asking import Standing, list_directives
from services.office import Office

DECLINED = (
    "Nội dung này thuộc phạm vi quản lý của cơ quan khác; đề nghị phân công lại.",
    "Đã chuyển giao nhiệm vụ này cho đơn vị khác khi sắp xếp bộ máy.",
)
PROGRESS = (
    "Đã thành lập tổ công tác và gửi văn bản lấy ý kiến các địa phương.",
    "Đã có dự thảo lần một, đang lấy ý kiến các cơ quan phối hợp.",
    "Đã kiểm tra thực tế tại ba xã, đang tổng hợp số liệu.",
    "Đã làm việc với chủ đầu tư; còn vướng phần giải phóng mặt bằng.",
)
EXTENSION = (
    "Cần thêm thời gian lấy ý kiến Bộ chủ quản.",
    "Số liệu của các xã gửi về chậm, cần thời gian rà soát.",
)
RESULTS = (
    "Báo cáo kết quả thực hiện, kèm phụ lục số liệu.",
    "Đã trình Ủy ban nhân dân tỉnh dự thảo quyết định.",
    "Đã hoàn thành và công khai kết quả trên trang thông tin của cơ quan.",
)

SHARE = 0.45
"""The share of directives on which somebody acts."""


def invented_wishes(office: Office) -> list[list[Wish]]:
    """For each of some hundred directives what people do with it, in order."""
    now = office.now()
    with reading(office.engine) as connection:
        directory, calendar = office.reference(connection).directory, office.reference(connection).calendar
        standings = list(list_directives(connection, Filter(open_only=True), now))
    dice = random.Random(local_day(now).toordinal())
    today = local_day(now)
    stories = []
    for standing in sorted(standings, key=lambda one: one.directive.code):
        lead = standing.directive.lead_agency
        officers = directory.holders((Position.OFFICER, Position.CLERK), today, agency=lead) if lead else ()
        heads = directory.holders((Position.HEAD, Position.CHIEF_OF_OFFICE), today, agency=lead) if lead else ()
        if dice.random() > SHARE or not officers or not heads or lead == "VPUBND":
            continue
        later = make_deadline(calendar.add(max(today, _due_day(standing) or today), 10))
        story = _story(dice, standing, officers[0], heads[0], later, directory)
        stories.append([Wish(code=standing.directive.code, person=person, command=act) for person, act in story])
    return stories


def _due_day(standing: Standing) -> dt.date | None:
    deadline = standing.directive.deadline
    return deadline.day if deadline else None


def _story(
    dice: random.Random, standing: Standing, officer: str, head: str, later: Deadline, directory: Directory
) -> list[tuple[str, Command]]:
    """One directive's story: who does what, in order."""
    if dice.random() < 0.04:
        return [(head, Decline(reason=dice.choice(DECLINED)))]
    story: list[tuple[str, Command]] = [(officer, Acknowledge())]
    if dice.random() < 0.6:
        percent = dice.randrange(10, 90, 5)
        story.append((officer, ReportProgress(text=dice.choice(PROGRESS), percent=percent)))
    coordinating = [
        person
        for agency in standing.directive.coordinating_agencies
        for person in directory.holders((Position.OFFICER,), local_day(standing.directive.updated_at), agency=agency)[
            :1
        ]
    ]
    if coordinating and dice.random() < 0.5:
        opinion = dice.choice((Opinion.AGREE, Opinion.AGREE, Opinion.NOTHING_TO_ADD, Opinion.AGREE_WITH_COMMENTS))
        text = "Đề nghị làm rõ nguồn kinh phí thực hiện." if opinion is Opinion.AGREE_WITH_COMMENTS else ""
        story.append((coordinating[0], Contribute(opinion=opinion, text=text)))
    if standing.timeliness is Timeliness.OVERDUE:
        return story + _late(dice, officer, head)
    chance = dice.random()
    if chance < 0.35:
        story += _finished(dice, head)
    elif chance < 0.42 and standing.directive.deadline is not None:
        story.append((head, RequestExtension(deadline=later, reason=dice.choice(EXTENSION))))
    elif chance < 0.44:
        story.append(("chanhvanphong", Suspend(reason="Chờ văn bản hướng dẫn của Bộ chủ quản.")))
    elif chance < 0.5:
        story.append(("theodoi.kinhte", Comment(text="Đề nghị gửi kèm số liệu đến cuối tháng trước.")))
    return story


def _late(dice: random.Random, officer: str, head: str) -> list[tuple[str, Command]]:
    chance = dice.random()
    if chance < 0.3:
        return [("chanhvanphong", Urge(text="Đề nghị báo cáo ngay kết quả; nhiệm vụ đã quá hạn."))]
    if chance < 0.6:
        demand = DemandExplanation(text="Đề nghị giải trình lý do chậm, trách nhiệm và thời điểm hoàn thành.")
        explained = Explain(text="Chậm do phải lấy ý kiến lại của các địa phương; sẽ hoàn thành trong tuần tới.")
        return [("chutich", demand), (head, explained)] if dice.random() < 0.5 else [("chutich", demand)]
    return [(officer, ReportProgress(text="Đang hoàn thiện báo cáo để trình.", percent=90))]


def _finished(dice: random.Random, head: str) -> list[tuple[str, Command]]:
    number = f"{dice.randrange(100, 3_000)}/BC"
    story: list[tuple[str, Command]] = [(head, Submit(result=dice.choice(RESULTS), document_number=number))]
    chance = dice.random()
    if chance < 0.6:
        story.append(("chanhvanphong", Accept(grade=dice.choice((Grade.GOOD, Grade.GOOD, Grade.SATISFACTORY)))))
    elif chance < 0.75:
        story.append(("chanhvanphong", Return(reason="Chưa nêu rõ tiến độ giải ngân từng dự án; đề nghị bổ sung.")))
    return story
