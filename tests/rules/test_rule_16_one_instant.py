"""RULES 16: a command is judged at the instant the engine takes it; what was recorded first holds, in one story."""

import datetime as dt

import pytest
from builders import LEAD_AGENCY, SECRETARIAT, a_calendar, a_deadline, a_directive, apply, clock_face, local
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading
from database.figures import count_by, figures_of
from database.ledger import read_rows
from documents.language import Language
from documents.sentences import refusal_sentence
from models import commands as c
from models.engine import Answer
from models.events import MomentReached
from models.life import require_unchanged
from models.notices import NoticeContent
from models.refusal import Code, Refused
from models.tables import NOTICE
from models.timeliness import timeliness
from models.vocabulary import Status, Timeliness
from services.acting import Wish
from services.sending import Sent
from shell.acting import tell
from shell.context import Shell

DUE = a_deadline("2026-03-20 15:00", "Friday")
MICROSECOND = dt.timedelta(microseconds=1)


def an_office(desk: Desk) -> Desk:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-20", "Friday"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    desk.tell("NV-1", "Fri 2026-03-20 08:00")
    return desk


def ledger(desk: Desk) -> list[str]:
    with reading(desk.office.engine) as connection:
        rows = read_rows(connection, "NV-1")
    return [row.event.step if isinstance(row.event, MomentReached) else row.event.kind for row in rows][3:]


def inbox(desk: Desk, person: str) -> list[str]:
    with reading(desk.office.engine) as connection:
        rows = connection.execute(select(NOTICE).where(NOTICE.c.recipient == person).order_by(NOTICE.c.id)).all()
    contents = [NoticeContent.model_validate_json(row.content) for row in rows]
    return ["/".join(step.step for step in one.steps) or one.kind for one in contents]


# --- Judged at the instant the engine takes it -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "judged"),
    [
        (DUE.due_at - MICROSECOND, Timeliness.COMPLETED_ON_TIME),
        (DUE.due_at, Timeliness.COMPLETED_ON_TIME),
        (DUE.due_at + MICROSECOND, Timeliness.COMPLETED_LATE),
    ],
)
def test_rule_16_a_result_is_judged_by_when_the_engine_took_it_to_the_microsecond(
    taken: dt.datetime, judged: Timeliness
) -> None:
    directive = apply(a_directive("in_progress", deadline=DUE), c.Submit(result="Xong"), LEAD_AGENCY, taken)
    directive = apply(directive, c.Accept(), SECRETARIAT, "Fri 2026-04-24 10:00")

    assert timeliness(directive, a_calendar(), local("2026-05-29 09:00")) is judged


def test_rule_16_a_deadline_named_for_the_very_instant_it_is_taken_is_past() -> None:
    amend = c.Amend(reason="Gấp", deadline=DUE)

    with pytest.raises(Refused) as refused:
        apply(a_directive("in_progress"), amend, SECRETARIAT, DUE.due_at)

    assert refused.value.code is Code.DEADLINE_IN_PAST
    assert apply(a_directive("in_progress"), amend, SECRETARIAT, DUE.due_at - MICROSECOND).deadline == DUE


def test_rule_16_the_instant_is_shown_to_the_person_who_acted(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(
        command_id="c-1",
        directive="NV-1",
        seq=4,
        at=local("Fri 2026-03-20 14:59"),
        kinds=("submitted",),
        status=Status.SUBMITTED,
    )
    wish = Wish(code="NV-1", command=c.Submit(result="Xong"), person="truong.syt")

    tell(Shell(data=desk.data, language=Language.VI), wish, Sent("c-1", "recorded", answer), True, as_json=False)

    said = capsys.readouterr().out
    assert "14:59" in said
    assert "20/03/2026" in said or "20/3/2026" in said
    assert "đã nộp kết quả" in said


# --- A command against a timer ---------------------------------------------------------------------------------


def test_rule_16_a_command_in_the_instant_of_a_step_stands_behind_it_in_ledger_inbox_and_figures(desk: Desk) -> None:
    """Monday the 23rd, 08:00 sharp: level 1 is due, and the result comes in."""
    an_office(desk)

    desk.act("NV-1", c.Submit(result="Xong"), "chuyenvien.syt", "Mon 2026-03-23 08:00")

    assert ledger(desk) == ["-7", "-3", "-1", "0", "+1", "submitted"]
    assert inbox(desk, "truong.syt")[-1] == "+1"
    assert desk.directive("NV-1").escalation_level == 1
    with reading(desk.office.engine) as connection:
        rows = read_rows(connection, "NV-1")[-2:]
        assert figures_of(count_by(connection, "lead_agency", local("2026-03-24 09:00"))).overdue == 1
    assert [clock_face(row.at) for row in rows] == ["Mon 2026-03-23 08:00"] * 2


def test_rule_16_a_command_a_moment_before_the_step_keeps_it_from_being_told_anywhere(desk: Desk) -> None:
    an_office(desk)
    heard = inbox(desk, "truong.syt")

    desk.act("NV-1", c.Submit(result="Xong"), "chuyenvien.syt", "Mon 2026-03-23 07:59")
    desk.tell("NV-1", "Mon 2026-03-23 08:00")

    assert ledger(desk) == ["-7", "-3", "-1", "0", "submitted"]
    assert inbox(desk, "truong.syt") == heard
    assert desk.directive("NV-1").escalation_level == 0


def test_rule_16_a_nearer_deadline_in_the_instant_of_a_step_of_the_old_one_follows_it_and_covers_its_own(
    desk: Desk,
) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-27", "Friday"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    nearer = c.Amend(reason="Gấp", deadline=a_deadline("2026-03-23", "Monday"))

    desk.act("NV-1", nearer, "pct.vanxa", "Wed 2026-03-18 08:00")
    desk.tell("NV-1", "Wed 2026-03-18 08:00")

    assert ledger(desk) == ["-7", "amended"]  # −7 of the 27th; −3 of the 23rd falls in the same instant and is covered
    assert inbox(desk, "chuyenvien.syt")[-2:] == ["-7", "amended"]


# --- Two people ------------------------------------------------------------------------------------------------


def test_rule_16_of_two_who_act_in_one_instant_the_second_is_told_who_did_what(desk: Desk) -> None:
    an_office(desk)
    desk.act("NV-1", c.Submit(result="Xong"), "truong.syt", "Fri 2026-03-20 10:00")
    desk.act("NV-1", c.Return(reason="Thiếu"), "pct.vanxa", "Fri 2026-03-20 11:00", command_id="return")
    directive = desk.directive("NV-1")

    with pytest.raises(Refused) as refused:
        desk.act("NV-1", c.Accept(), "chanhvanphong", "Fri 2026-03-20 11:00", command_id="accept")

    assert refused.value.code is Code.WRONG_STATE
    directory = desk.office.reference().directory
    told = refusal_sentence(refused.value.code, refused.value.data, Language.VI, directory)
    assert "đã trả lại kết quả lúc" in told
    assert "11:00" in told
    assert directory.person_name(directive.last_event.actor) in told


def test_rule_16_who_looked_before_is_told_what_changed_meanwhile_and_reminders_do_not_count(desk: Desk) -> None:
    an_office(desk)
    seen = desk.directive("NV-1").last_event.seq
    desk.tell("NV-1", "Mon 2026-03-23 08:00")
    require_unchanged(desk.directive("NV-1"), seen)  # level 1 was told meanwhile: nobody acted

    desk.act("NV-1", c.Comment(text="Đã gọi điện"), "chanhvanphong", "Mon 2026-03-23 09:00")

    with pytest.raises(Refused) as refused:
        require_unchanged(desk.directive("NV-1"), seen)
    assert (refused.value.code, refused.value.data["last"]) == (Code.CHANGED_MEANWHILE, "commented")
