"""The offices in which lives are lived: the real calendar, policies like the shipped one, people who come and go."""

import copy
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from oracle.naive_calendar import ONE_DAY

SEED = Path(__file__).resolve().parents[2] / "database" / "seed"
LEAD, COORDINATING, OTHER = "SYT", "STC", "SXD"

ANNOUNCED: Mapping[dt.date, bool] = {
    row["day"]: row["working"] for row in yaml.safe_load((SEED / "calendar.yaml").read_text(encoding="utf-8"))["days"]
}
"""The real days of 2022 to 2027, with every swap."""

# --- Policies ------------------------------------------------------------------------------------------------------

POLICY_TEXT = (SEED / "policy.yaml").read_text(encoding="utf-8")


def _changed(*changes: Callable[[dict[str, Any], dict[str, Any]], object]) -> str:
    """The shipped policy with changes to its office and its ladders, as YAML."""
    policy = yaml.safe_load(POLICY_TEXT)
    for change in changes:
        change(policy, {urgency: ladder["clocks"] for urgency, ladder in policy["ladders"].items()})
    return yaml.safe_dump(policy, allow_unicode=True, sort_keys=False)


def _without_step(urgency: str, clock: str, place: int) -> Callable[[dict[str, Any], dict[str, Any]], object]:
    return lambda _policy, clocks: clocks[urgency][clock]["steps"].pop(place)


def _with_step(urgency: str, clock: str, **step: Any) -> Callable[[dict[str, Any], dict[str, Any]], object]:
    return lambda _policy, clocks: clocks[urgency][clock]["steps"].append(step)


def _with_field(
    urgency: str, clock: str, place: int, **fields: Any
) -> Callable[[dict[str, Any], dict[str, Any]], object]:
    return lambda _policy, clocks: clocks[urgency][clock]["steps"][place].update(fields)


POLICY_TEXTS = (
    POLICY_TEXT,
    _changed(_without_step("normal", "deadline", 0), _without_step("normal", "deadline", 0)),
    _changed(_with_step("normal", "deadline", at=-5, to=["lead_officers", "lead_head"])),
    _changed(_with_field("normal", "deadline", 3, time="14:00"), _with_field("normal", "deadline", 2, time="16:30")),
    _changed(_with_field("normal", "deadline", 7, then_every=2), _with_field("normal", "silence", 1, then_every=3)),
    _changed(lambda _policy, clocks: clocks["normal"].pop("deadline")),
    _changed(
        lambda _policy, clocks: clocks["normal"]["deadline"].update({"while": ["assigned", "in_progress", "submitted"]})
    ),
    _changed(lambda policy, _clocks: policy["ladders"].pop("flash")),
    _changed(lambda policy, _clocks: policy["office"].update(closing_hour="17:00")),
    _changed(lambda policy, _clocks: policy["office"].update(strict_before=True)),
    _changed(
        _with_field("normal", "silence", 0, at=3), _with_field("normal", "silence", 1, at=5, then_every=2),
        _with_field("normal", "review", 1, at=3, to=["vice_chairman", "decider"], level=2),
    ),
    _changed(lambda policy, _clocks: policy["ladders"].update(urgent=copy.deepcopy(policy["ladders"]["flash"]))),
    _changed(_with_field("flash", "acknowledgement", 0, hours=0.5), _with_field("flash", "deadline", 7, then_every=4)),
    _changed(
        _with_step("normal", "acknowledgement", at=4, to=["lead_head"], then_every=2, time="13:30"),
        _with_step("normal", "extension", at=0, to=["decider"], time="17:00"),
    ),
)  # fmt: skip
POLICIES: tuple[Mapping[str, Any], ...] = tuple(yaml.safe_load(text) for text in POLICY_TEXTS)

# --- People --------------------------------------------------------------------------------------------------------


def the_people() -> dict[str, Any]:
    """A small province, all at their desks."""

    def post(person: str, agency: str, position: str) -> dict[str, Any]:
        return {"person": person, "agency": agency, "position": position, "until": None}

    return {
        "posts": [
            post("chutich", "UBND", "chairman"),
            post("pct.vanxa", "UBND", "vice_chairman"),
            post("pct.kinhte", "UBND", "vice_chairman"),
            post("chanhvanphong", "VPUBND", "chief_of_office"),
            post("theodoi.vanxa", "VPUBND", "monitoring_officer"),
            post("theodoi.kinhte", "VPUBND", "monitoring_officer"),
            *(
                post(f"{title}.{agency.lower()}", agency, position)
                for agency in (LEAD, COORDINATING, OTHER)
                for title, position in (("truong", "head"), ("chuyenvien", "officer"), ("chuyenvien2", "officer"))
            ),
        ],
        "locked": [],
        "away": [],
        "fields": {
            "y-te": {"vice_chairman": "pct.vanxa", "monitoring_officer": "theodoi.vanxa"},
            "giao-thong": {"vice_chairman": "pct.kinhte", "monitoring_officer": "theodoi.kinhte"},
        },
        "field_of": {LEAD: "y-te", OTHER: "giao-thong"},
    }


CHANGES_OF_PEOPLE: tuple[tuple[str, str, str | None], ...] = (
    ("leaves", "chuyenvien.syt", None),
    ("leaves", "chuyenvien2.syt", None),
    ("leaves", "truong.syt", None),
    ("leaves", "chanhvanphong", None),
    ("leaves", "theodoi.vanxa", None),
    ("leaves", "pct.vanxa", None),
    ("locked", "truong.syt", None),
    ("locked", "chuyenvien.stc", None),
    ("locked", "chutich", None),
    ("away", "truong.syt", "chuyenvien.syt"),
    ("away", "truong.syt", None),
    ("away", "chuyenvien.syt", "truong.syt"),
    ("away", "pct.vanxa", "pct.kinhte"),
    ("away", "pct.kinhte", "pct.vanxa"),
    ("away", "chanhvanphong", "theodoi.vanxa"),
    ("away", "theodoi.vanxa", "theodoi.kinhte"),
    ("away", "chuyenvien.stc", None),
    ("away", "chutich", "pct.kinhte"),
)


def changed_people(before: Mapping[str, Any], change: tuple[str, str, str | None], day: dt.date, days: int) -> Any:
    """The directory after somebody left, was locked, or announced an absence of so many days."""
    people = copy.deepcopy(dict(before))
    what, person, deputy = change
    match what:
        case "leaves":
            for post in people["posts"]:
                if post["person"] == person:
                    post["until"] = day + days * ONE_DAY
        case "locked":
            people["locked"] = sorted({*people["locked"], person})
        case "away":
            first = day + ONE_DAY
            away = {"person": person, "deputy": deputy, "since": first, "until": first + days * ONE_DAY}
            people["away"] = [one for one in people["away"] if one["person"] != person] + [away]
        case _:
            raise AssertionError(what)
    return people
