"""The picture of a life: whatever happened, everything lies on it, in order, and nothing outside."""

import datetime as dt

from builders import a_calendar, a_deadline, a_directive, local, the_policy
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.language import Language
from models.events import Commented, Recorded
from models.moments import upcoming
from web.life_chart import NARROW, WIDE, LifeChart, life_charts

STATUSES = ("registered", "assigned", "in_progress", "submitted", "declined", "suspended", "completed", "cancelled")
DAYS = st.integers(min_value=0, max_value=4_000)


def charts(status: str, deadline: str | None, since: dt.timedelta, acts: list[dt.timedelta]) -> tuple[LifeChart, ...]:
    directive = a_directive(status, deadline=deadline)
    start = directive.registered_at
    rows = tuple(
        Recorded(directive="NV-1", seq=seq, at=start + after, actor="x", event=Commented(text="?"))
        for seq, after in enumerate(sorted(acts), start=1)
    )
    now = start + since
    coming = upcoming(directive, the_policy(), a_calendar(), now)
    words = ["?"] * max(len(rows), len(coming))
    return life_charts(directive, rows, coming, words[: len(rows)], words[: len(coming)], now, Language.VI)


@settings(deadline=None)
@given(
    st.sampled_from(STATUSES),
    st.sampled_from([None, "2026-03-03", "2026-03-20", "2036-03-20"]),
    DAYS,
    st.lists(st.integers(0, 100_000), max_size=30),
)
def test_everything_lies_on_the_picture_and_the_dates_do_not_overlap(
    status: str, deadline: str | None, days: int, minutes: list[int]
) -> None:
    acts = [dt.timedelta(minutes=number) for number in minutes]
    for chart, width in zip(charts(status, deadline, dt.timedelta(days=days), acts), (NARROW, WIDE), strict=True):
        assert chart.width == width
        for x in (
            *(mark.x for mark in chart.marks),
            *(line.x for line in chart.lines),
            *(tick.x for tick in chart.ticks),
        ):
            assert chart.margin <= x <= width - chart.margin
        assert sum(mark.kind == "act" for mark in chart.marks) == len(acts)
        assert all(band.width > 0 for band in chart.bands)
        between = [after.x - before.x for before, after in zip(chart.ticks, chart.ticks[1:], strict=False)]
        assert all(room >= 55 for room in between), "a date takes some fifty"


def test_what_is_past_lies_left_of_now_and_what_will_come_right_of_it() -> None:
    for chart in charts("in_progress", "2026-03-20", dt.timedelta(days=10), [dt.timedelta(days=day) for day in (1, 3)]):
        [now] = [line.x for line in chart.lines if line.kind == "now"]
        assert all(mark.x < now for mark in chart.marks if mark.kind == "act")
        assert all(mark.x > now for mark in chart.marks if mark.kind == "coming")
        assert any(mark.kind == "coming" for mark in chart.marks)


def test_each_deadline_has_its_own_line_and_the_text_says_the_same() -> None:
    directive = a_directive("in_progress", deadline="2026-03-20").model_copy(
        update={"first_deadline": a_deadline("2026-03-13"), "imposed_deadline": a_deadline("2026-03-31")}
    )
    narrow, _ = life_charts(directive, (), (), (), (), local("2026-03-04 09:00"), Language.VI)

    assert {(line.kind, line.text) for line in narrow.lines} == {
        ("now", "bây giờ"),
        ("deadline", "hạn 20/03/2026"),
        ("first", "hạn đầu 13/03/2026"),
        ("imposed", "hạn cấp trên 31/03/2026"),
    }
    assert narrow.description.endswith("Hạn 20/03/2026. Hạn đầu 13/03/2026. Hạn cấp trên 31/03/2026.")
