import asyncio

import pytest
from builders import a_deadline
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading
from models import commands as c
from models.engine import CommandEnvelope
from models.refusal import Code, Refused
from models.tables import COMMAND
from services.succession import Outcome, Plan, carry_out, command_id, plan


@pytest.fixture
def ending(desk: Desk) -> Desk:
    """Sở Y tế leads two, coordinates one, has one that is done; Sở Tài chính leads one of another field."""
    desk.register("NV-1", "2026-03-02 09:00", deadline=a_deadline("2026-03-20"))
    desk.register("NV-2", "2026-03-02 09:10", field="tu-phap")
    desk.register("NV-3", "2026-03-02 09:20", lead_agency="STC", coordinating_agencies=("SYT",), field=None)
    desk.register("NV-4", "2026-03-02 09:30")
    desk.act("NV-4", c.Cancel(reason="Trùng"), "vanthu", "2026-03-02 09:40")
    desk.register("NV-5", "2026-03-02 09:50", lead_agency="STC", field=None)
    return desk


def kept(desk: Desk) -> dict[str, CommandEnvelope]:
    with reading(desk.office.engine) as connection:
        rows = connection.execute(select(COMMAND.c.envelope).where(COMMAND.c.kind == "succeed"))
        found = [CommandEnvelope.model_validate_json(row.envelope) for row in rows]
    assert len({envelope.directive for envelope in found}) == len(found)
    return {envelope.directive: envelope for envelope in found}


def move(desk: Desk, planned: Plan) -> Outcome:
    """Carry it out while the engine does not run: the commands are kept for the sweep."""
    return asyncio.run(carry_out(desk.office, None, planned, "quantri", "NQ 12/NQ-HĐND"))


def test_a_plan_names_the_open_directives_that_the_old_agency_leads_or_helps_with(ending: Desk) -> None:
    planned = plan(ending.office, "Sở Y tế", "so tu phap", (), "vanthu")

    assert (planned.old, planned.new, planned.fields) == ("SYT", "STP", ())
    assert [(one.code, one.leads) for one in planned.moving] == [("NV-1", True), ("NV-2", True), ("NV-3", False)]
    assert kept(ending) == {}


def test_a_plan_for_one_field_names_only_its_directives(ending: Desk) -> None:
    planned = plan(ending.office, "SYT", "STP", ("Tư pháp",), "vanthu")

    assert planned.fields == ("tu-phap",)
    assert [one.code for one in planned.moving] == ["NV-2"]


def test_what_moves_is_kept_once_for_each_directive_and_the_directory_says_who_follows_whom(ending: Desk) -> None:
    outcome = move(ending, plan(ending.office, "SYT", "STP", (), "quantri"))

    assert (sorted(outcome.kept), outcome.moved, outcome.refused) == (["NV-1", "NV-2", "NV-3"], [], {})
    command = kept(ending)["NV-1"].command
    assert command == c.Succeed(old_agency="SYT", new_agency="STP", reason="NQ 12/NQ-HĐND")
    directory = ending.office.reference().directory
    assert directory.successor("SYT", None, ending.office.now().date()) == "STP"


def test_a_move_that_was_interrupted_is_started_again_without_a_second_command(ending: Desk) -> None:
    planned = plan(ending.office, "SYT", "STP", (), "quantri")
    interrupted = Plan(planned.old, planned.new, planned.fields, planned.moving[:1])
    move(ending, interrupted)
    first = kept(ending)["NV-1"].id

    move(ending, plan(ending.office, "SYT", "STP", (), "quantri"))

    assert kept(ending)["NV-1"].id == first
    assert sorted(kept(ending)) == ["NV-1", "NV-2", "NV-3"]
    links = [link for link in ending.office.reference().directory.successions if link.old == "SYT"]
    assert len(links) == 1


def test_what_has_moved_already_is_in_no_later_plan_and_clocks_stand_as_they_were(ending: Desk) -> None:
    planned = plan(ending.office, "SYT", "STP", (), "quantri")
    clocks = ending.directive("NV-1").clocks
    ending.act(
        "NV-1",
        c.Succeed(old_agency="SYT", new_agency="STP"),
        "quantri",
        "2026-03-04 09:30",
        command_id(ending.office, planned, "NV-1"),
    )

    assert ending.directive("NV-1").lead_agency == "STP"
    assert ending.directive("NV-1").clocks == clocks
    assert [one.code for one in plan(ending.office, "SYT", "STP", (), "quantri").moving] == ["NV-2", "NV-3"]
    outcome = move(ending, planned)
    assert (outcome.moved, sorted(outcome.kept)) == (["NV-1"], ["NV-2", "NV-3"])


def test_one_that_went_back_to_the_old_agency_moves_again(ending: Desk) -> None:
    planned = plan(ending.office, "SYT", "STP", (), "quantri")
    first = command_id(ending.office, planned, "NV-1")
    ending.act("NV-1", c.Succeed(old_agency="SYT", new_agency="STP"), "quantri", "2026-03-04 09:30", first)
    ending.act("NV-1", c.Reassign(agency="SYT", reason="Nhầm"), "vanthu", "2026-03-04 09:40")

    outcome = move(ending, plan(ending.office, "SYT", "STP", (), "quantri"))

    assert "NV-1" in outcome.kept
    assert kept(ending)["NV-1"].id != first


@pytest.mark.parametrize(
    ("old", "new", "fields", "person", "code"),
    [
        ("SYT", "SYT", (), "vanthu", Code.SAME_AGENCY),
        ("SYT", "Sở Thủy lợi Sài Gòn", (), "vanthu", Code.UNKNOWN_AGENCY),
        ("SYT", "SKHDT", (), "vanthu", Code.UNKNOWN_AGENCY),
        ("SYT", "STP", ("hàng không",), "vanthu", Code.UNKNOWN_FIELD),
        ("SYT", "STP", (), "truong.syt", Code.NOT_ALLOWED),
        ("SYT", "STP", (), "chutich", Code.NOT_ALLOWED),
    ],
)
def test_a_succession_that_cannot_be_is_refused_with_its_code(
    ending: Desk, old: str, new: str, fields: tuple[str, ...], person: str, code: Code
) -> None:
    with pytest.raises(Refused) as refused:
        plan(ending.office, old, new, fields, person)

    assert refused.value.code is code
