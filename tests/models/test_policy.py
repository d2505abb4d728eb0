"""The policy is data: the default loads, and a fault in a file is named with its place."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from builders import the_policy, the_policy_data

from models.policy import PolicyPeriod, PolicyTimeline, Step, read_policy
from models.vocabulary import Clock, Urgency


def test_the_default_policy_loads_with_every_clock_for_ordinary_and_for_flash_directives() -> None:
    policy = the_policy()

    assert set(policy.ladders) == {Urgency.NORMAL, Urgency.FLASH}
    for ladder in policy.ladders.values():
        assert set(ladder.clocks) == set(Clock)
    assert policy.mail.opening.hour == 7
    assert policy.mail.digest.hour == 8
    assert policy.mail.closing.hour == 18
    assert policy.office.closing_hour is None
    assert not policy.office.strict_before


def test_flash_counts_in_hours_and_the_ordinary_ladder_in_days() -> None:
    def units(urgency: Urgency) -> set[bool]:
        return {step.hours is not None for rule in the_policy().ladder(urgency).clocks.values() for step in rule.steps}

    assert units(Urgency.NORMAL) == {False}
    assert units(Urgency.FLASH) == {True}


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.VERY_URGENT])
def test_an_urgency_without_a_ladder_falls_to_the_normal_one(urgency: Urgency) -> None:
    assert the_policy().ladder(urgency) == the_policy().ladder(Urgency.NORMAL)


def test_a_policy_written_out_and_read_again_is_the_same() -> None:
    policy = the_policy()

    assert read_policy(policy.model_dump(mode="json", by_alias=True)) == policy


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (Step(at=-3, to=("lead_head",)), "-3"),
        (Step(at=0, to=("lead_head",)), "0"),
        (Step(at=15, to=("lead_head",), then_every=5), "+15"),
        (Step(hours=0, to=("lead_head",)), "0h"),
        (Step(hours=1.5, to=("lead_head",)), "+1.5h"),
        (Step(hours=-16, to=("lead_head",)), "-16h"),
    ],
)
def test_a_step_is_named_as_people_write_it(step: Step, name: str) -> None:
    assert step.name() == name


def test_a_repetition_is_named_by_its_own_distance() -> None:
    assert Step(at=15, to=("chairman",), then_every=5).name(3) == "+30"
    assert Step(hours=16, to=("chairman",), then_every=8).name(2) == "+32h"


Change = Callable[[dict[str, Any]], object]


def first_step(data: dict[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = data["ladders"]["normal"]["clocks"]["handout"]["steps"][0]
    return step


PLACE = "ladders.normal.clocks.handout.steps.0"

FAULTS: list[tuple[Change, str, str]] = [
    (lambda data: data["ladders"].pop("normal"), "ladders", "the ladder of urgency `normal` is missing"),
    (lambda data: data["ladders"].update({"soon": data["ladders"]["normal"]}), "ladders.soon", "Input should be"),
    (
        lambda data: data["ladders"]["normal"]["clocks"].update({"hurry": {}}),
        "ladders.normal.clocks.hurry",
        "Input should be",
    ),
    (lambda data: first_step(data).update(to=["everybody"]), f"{PLACE}.to.0", "Input should be"),
    (lambda data: first_step(data).update(to=[]), f"{PLACE}.to", "at least 1 item"),
    (lambda data: first_step(data).update(hours=2), PLACE, "a step names either `at` (working days) or `hours`"),
    (lambda data: first_step(data).pop("at"), PLACE, "a step names either `at` (working days) or `hours`"),
    (lambda data: first_step(data).update(at=1.5), f"{PLACE}.at", "valid integer"),
    (lambda data: first_step(data).update(at=2_000), f"{PLACE}.at", "less than or equal to 1000"),
    (lambda data: first_step(data).update(then_every=0), f"{PLACE}.then_every", "greater than 0"),
    (lambda data: first_step(data).update(then_every=1.5), PLACE, "whole number of days"),
    (lambda data: first_step(data).update(at=-1, then_every=1), PLACE, "a step before its anchor cannot repeat"),
    (lambda data: first_step(data).update(level=5), f"{PLACE}.level", "less than or equal to 4"),
    (lambda data: first_step(data).update(lvl=1), f"{PLACE}.lvl", "Extra inputs are not permitted"),
    (lambda data: first_step(data).update(at=2), "ladders.normal.clocks.handout.steps", "step +2 stands twice"),
    (
        lambda data: data["ladders"]["normal"]["clocks"]["handout"].update({"while": ["completed"]}),
        "ladders.normal.clocks.handout.while",
        "no clock runs while a directive is completed",
    ),
    (
        lambda data: data["ladders"]["normal"]["clocks"]["handout"].update({"while": []}),
        "ladders.normal.clocks.handout.while",
        "at least 1 item",
    ),
    (lambda data: data["mail"].update(opening=420), "mail.opening", "write a time of day in quotes"),
    (lambda data: first_step(data).update(time=840), f"{PLACE}.time", "write a time of day in quotes"),
    (lambda data: data["mail"].update(digest="19:00"), "mail", "opening ≤ digest < closing does not hold"),
    (lambda data: data["office"].update(strict_before="maybe"), "office.strict_before", "valid boolean"),
    (lambda data: data.pop("name"), "name", "Field required"),
]


@pytest.mark.parametrize(("change", "place", "fault"), FAULTS, ids=[place for _, place, _ in FAULTS])
def test_a_fault_is_named_with_its_place(change: Change, place: str, fault: str) -> None:
    data = the_policy_data()
    read_policy(data)

    change(data)
    with pytest.raises(ValueError, match=re.escape(fault)) as refused:
        read_policy(data)

    assert any(line.startswith(f"{place}") and fault in line for line in str(refused.value).splitlines()), str(
        refused.value
    )


def test_all_faults_are_reported_not_only_the_first() -> None:
    data = the_policy_data()
    data["mail"]["digest"] = "19:00"
    first_step(data)["level"] = 9

    with pytest.raises(ValueError, match="level") as refused:
        read_policy(data)

    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize("data", [None, [], "thang đôn đốc", 7])
def test_what_is_no_policy_at_all_is_refused_with_a_sentence(data: object) -> None:
    with pytest.raises(ValueError, match="policy: "):
        read_policy(data)


def test_the_newest_version_of_a_timeline_is_the_current_one() -> None:
    old = PolicyTimeline.of(the_policy())
    new = the_policy().model_copy(update={"version": 2})

    timeline = PolicyTimeline(
        periods=(*old.periods, PolicyPeriod(policy=new, since=old.periods[0].since.replace(year=2026)))
    )

    assert old.current == the_policy()
    assert timeline.current.version == 2
