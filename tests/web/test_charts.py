"""Charts: everything stands inside the picture, and axes are counted easily."""

from hypothesis import given
from hypothesis import strategies as st

from web.charts import bars_and_line, nice_step

FIGURES = st.integers(0, 10_000_000)


@given(values=st.lists(st.tuples(FIGURES, FIGURES, FIGURES), min_size=1, max_size=60))
def test_every_bar_and_every_point_stands_inside_the_picture(values: list[tuple[int, int, int]]) -> None:
    entered, completed, overdue = (list(series) for series in zip(*values, strict=True))
    slots = [str(number) for number in range(len(values))]

    chart = bars_and_line(slots, [entered, completed], overdue)

    assert len(chart.bars) == 2 * len(values)
    for bar in (*chart.bars, *chart.dots):
        assert chart.left <= bar.x <= bar.x + bar.width <= chart.right + 0.2
        assert 0 <= bar.y <= bar.y + bar.height <= chart.bottom + 0.2
    assert len(chart.line.split()) == len(values)
    assert chart.labels[-1].text == slots[-1], "the running week always has its label"


@given(most=FIGURES)
def test_an_axis_ends_at_or_above_its_greatest_value_and_not_far_above(most: int) -> None:
    step = nice_step(most)

    assert 4 * step >= most
    assert step == 1 or 4 * step <= 2.5 * most
    assert str(step).rstrip("0") in ("1", "2", "5")


def test_a_chart_of_nothing_is_a_chart() -> None:
    assert bars_and_line(["01/01"], [[0], [0]], [0]).rules[-1].text == "4"
