"""Audiences are positions, resolved on a day: who hears, for whom, and what happens where nobody holds the post."""

import pytest
from builders import COORDINATING, LEAD, LEAD_AGENCY, OFFICE, OTHER, a_directive, a_directory, apply, day

from models import commands as c
from models.audience import Hearers, resolve
from models.directive import Directive
from models.directory import Directory, Person, Post
from models.events import Recipient
from models.vocabulary import Audience, Position

TODAY = day("2026-03-20", "Friday")


def heard(
    *audiences: Audience, directory: Directory | None = None, directive: Directive | None = None
) -> tuple[list[str], list[Audience]]:
    found = resolve(audiences, directive or a_directive(), directory or a_directory(), TODAY)
    return [
        recipient.person + (f" for {recipient.on_behalf_of}" if recipient.on_behalf_of else "")
        for recipient in found.recipients
    ], list(found.vacant)


# --- Each audience -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "people"),
    [
        (Audience.LEAD_OFFICERS, ["chuyenvien.syt"]),
        (Audience.LEAD_HEAD, ["truong.syt"]),
        (Audience.COORDINATING_AGENCIES, ["chuyenvien.stc"]),
        (Audience.MONITORING_OFFICER, ["theodoi.vanxa"]),
        (Audience.CHIEF_OF_OFFICE, ["chanhvanphong"]),
        (Audience.VICE_CHAIRMAN, ["pct.vanxa"]),
        (Audience.CHAIRMAN, ["chutich"]),
        (Audience.DECIDER, ["pct.vanxa"]),
    ],
)
def test_each_audience_is_the_holder_of_its_post(audience: Audience, people: list[str]) -> None:
    assert heard(audience) == (people, [])


def test_several_audiences_are_heard_in_order_and_nobody_twice() -> None:
    assert heard(Audience.DECIDER, Audience.VICE_CHAIRMAN, Audience.CHAIRMAN) == (["pct.vanxa", "chutich"], [])


def test_without_a_field_of_its_own_the_lead_agencys_field_says_who_follows_and_who_is_in_charge() -> None:
    directive = a_directive(field=None, lead=OTHER, coordinating=())

    assert heard(Audience.MONITORING_OFFICER, Audience.VICE_CHAIRMAN, directive=directive) == (
        ["theodoi.kinhte", "pct.kinhte"],
        [],
    )


def test_the_supervising_leader_named_on_the_directive_comes_before_the_fields() -> None:
    directive = a_directive(supervising_leader="pct.kinhte")

    assert heard(Audience.VICE_CHAIRMAN, directive=directive) == (["pct.kinhte"], [])


def test_a_supervising_leader_who_left_gives_way_to_the_one_in_charge_of_the_field() -> None:
    directive = a_directive(supervising_leader="pct.kinhte")

    assert heard(Audience.VICE_CHAIRMAN, directive=directive, directory=a_directory(without_posts=("pct.kinhte",))) == (
        ["pct.vanxa"],
        [],
    )


def test_where_the_office_leads_its_officers_are_its_clerk_and_its_head_is_the_chief() -> None:
    directive = a_directive(lead=OFFICE, coordinating=())

    assert heard(Audience.LEAD_OFFICERS, Audience.LEAD_HEAD, directive=directive) == (["vanthu", "chanhvanphong"], [])


def test_audiences_are_resolved_on_the_day_so_the_next_agency_hears_after_a_reassignment() -> None:
    directive = apply(a_directive("assigned"), c.Decline(reason="Không thuộc"), LEAD_AGENCY, "2026-03-03 09:00")
    directive = directive.model_copy(update={"lead_agency": OTHER})

    assert heard(Audience.LEAD_HEAD, directive=directive) == (["truong.sxd"], [])


def test_coordinating_agencies_without_an_officer_are_heard_through_their_head() -> None:
    directory = a_directory(without_posts=("chuyenvien.stc",))

    assert heard(Audience.COORDINATING_AGENCIES, directory=directory) == (["truong.stc"], [])


def test_without_coordinating_agencies_nobody_hears_and_no_post_is_called_vacant() -> None:
    directive = a_directive(coordinating=())

    assert heard(Audience.COORDINATING_AGENCIES, directive=directive) == ([], [])


# --- Vacancies (rule 19) -------------------------------------------------------------------------------------


VACANCIES = [
    (("chuyenvien.syt",), Audience.LEAD_OFFICERS, ["truong.syt"], [Audience.LEAD_OFFICERS]),
    (("truong.syt",), Audience.LEAD_HEAD, ["chanhvanphong"], [Audience.LEAD_HEAD]),
    (
        ("chuyenvien.syt", "truong.syt"),
        Audience.LEAD_OFFICERS,
        ["chanhvanphong"],
        [Audience.LEAD_OFFICERS, Audience.LEAD_HEAD],
    ),
    (("chanhvanphong",), Audience.CHIEF_OF_OFFICE, ["pct.vanxa"], [Audience.CHIEF_OF_OFFICE]),
    (("pct.vanxa",), Audience.VICE_CHAIRMAN, ["chutich"], [Audience.VICE_CHAIRMAN]),
    (
        ("truong.syt", "chanhvanphong", "pct.vanxa"),
        Audience.LEAD_HEAD,
        ["chutich"],
        [Audience.LEAD_HEAD, Audience.CHIEF_OF_OFFICE, Audience.VICE_CHAIRMAN],
    ),
    (("chutich",), Audience.CHAIRMAN, [], [Audience.CHAIRMAN]),
    (
        ("theodoi.vanxa", "theodoi.kinhte"),
        Audience.MONITORING_OFFICER,
        ["chanhvanphong"],
        [Audience.MONITORING_OFFICER],
    ),
]


@pytest.mark.parametrize(("gone", "audience", "people", "vacant"), VACANCIES)
def test_a_vacant_post_passes_the_word_to_the_next_audience_at_once_and_is_named(
    gone: tuple[str, ...], audience: Audience, people: list[str], vacant: list[Audience]
) -> None:
    assert heard(audience, directory=a_directory(without_posts=gone)) == (people, vacant)


@pytest.mark.parametrize(("gone", "audience", "people", "vacant"), VACANCIES)
def test_a_locked_holder_is_a_vacant_post(
    gone: tuple[str, ...], audience: Audience, people: list[str], vacant: list[Audience]
) -> None:
    assert heard(audience, directory=a_directory(locked=gone)) == (people, vacant)


@pytest.mark.parametrize(("gone", "audience", "people", "vacant"), VACANCIES[:-1])
def test_a_holder_who_is_away_with_nobody_to_stand_in_is_a_vacant_post(
    gone: tuple[str, ...], audience: Audience, people: list[str], vacant: list[Audience]
) -> None:
    assert heard(audience, directory=a_directory(absent=dict.fromkeys(gone))) == (people, vacant)


def test_the_next_in_line_who_hears_in_any_case_hears_once() -> None:
    directory = a_directory(without_posts=("truong.syt",))

    assert heard(Audience.LEAD_HEAD, Audience.CHIEF_OF_OFFICE, directory=directory) == (
        ["chanhvanphong"],
        [Audience.LEAD_HEAD],
    )


def test_an_officer_who_left_the_field_to_nobody_is_replaced_by_those_who_follow_everything() -> None:
    directory = a_directory(without_posts=("theodoi.vanxa",))

    assert heard(Audience.MONITORING_OFFICER, directory=directory) == (["theodoi.kinhte"], [])


# --- Absence (rule 20) ---------------------------------------------------------------------------------------


def test_a_deputy_hears_for_the_one_who_is_away() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt"})

    assert heard(Audience.LEAD_HEAD, directory=directory) == (["pho.syt for truong.syt"], [])


def test_a_chain_of_deputies_ends_with_the_one_who_is_there() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt", "pho.syt": "chuyenvien.syt"})

    assert heard(Audience.LEAD_HEAD, directory=directory) == (["chuyenvien.syt for truong.syt"], [])


def test_a_ring_of_deputies_is_a_vacant_post() -> None:
    directory = a_directory(absent={"truong.syt": "pho.syt", "pho.syt": "truong.syt"})

    assert heard(Audience.LEAD_HEAD, directory=directory) == (["chanhvanphong"], [Audience.LEAD_HEAD])


def test_a_deputy_who_hears_for_himself_as_well_hears_once() -> None:
    directory = a_directory(absent={"truong.syt": "chuyenvien.syt"})

    assert heard(Audience.LEAD_OFFICERS, Audience.LEAD_HEAD, directory=directory) == (["chuyenvien.syt"], [])


def test_of_two_officers_with_one_deputy_the_deputy_hears_once() -> None:
    directory = a_directory(
        people=(Person(code="cv2", name="Bà cv2"),),
        posts=(Post(person="cv2", agency=LEAD, position=Position.OFFICER),),
        absent={"chuyenvien.syt": "pho.syt", "cv2": "pho.syt"},
    )

    found = resolve((Audience.LEAD_OFFICERS,), a_directive(), directory, TODAY)

    assert found == Hearers(recipients=(Recipient(person="pho.syt", on_behalf_of="chuyenvien.syt"),))


def test_both_coordinating_agencies_hear() -> None:
    directive = a_directive(coordinating=(COORDINATING, OTHER))

    assert heard(Audience.COORDINATING_AGENCIES, directive=directive) == (["chuyenvien.stc", "chuyenvien.sxd"], [])
