"""Charts as SVG made on the server: where everything stands in the picture; templates/charts.html draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 240
LEFT: Final = 44
RIGHT: Final = 8
TOP: Final = 10
BOTTOM: Final = 30
LABEL_ROOM: Final = 64
"""The least room between two labels below the axis, in units of the picture."""


@dataclass(frozen=True)
class Bar:
    """A bar; `series` is 0 for the first."""

    x: float
    y: float
    width: float
    height: float
    series: int
    told: str


@dataclass(frozen=True)
class Label:
    """A text beside an axis."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Bars side by side in each slot, and a line over them.

    Attributes:
        line: the points of the line, as SVG has them.
    """

    bars: tuple[Bar, ...]
    line: str
    dots: tuple[Bar, ...]
    rules: tuple[Label, ...]
    labels: tuple[Label, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def bars_and_line(slots: Sequence[str], bars: Sequence[Sequence[int]], line: Sequence[int]) -> Chart:
    """Make a chart.

    Args:
        slots: the label of each place on the axis.
        bars: the series that stand side by side, a value for each slot.
        line: the series of the line.
    """
    step = nice_step(max((0, *line, *(value for series in bars for value in series))))
    top = 4 * step
    room = (WIDTH - LEFT - RIGHT) / max(1, len(slots))
    bar_width = room * 0.7 / max(1, len(bars))

    def height_of(value: int) -> float:
        return round(value / top * (HEIGHT - TOP - BOTTOM), 1)

    def y_of(value: int) -> float:
        return round(HEIGHT - BOTTOM - height_of(value), 1)

    drawn = tuple(
        Bar(
            x=round(LEFT + place * room + room * 0.15 + number * bar_width, 1),
            y=y_of(value),
            width=round(bar_width, 1),
            height=height_of(value),
            series=number,
            told=f"{slots[place]}: {value}",
        )
        for number, series in enumerate(bars)
        for place, value in enumerate(series)
    )
    middles = [round(LEFT + (place + 0.5) * room, 1) for place in range(len(slots))]
    every = max(1, -(-LABEL_ROOM // max(1, int(room))))
    return Chart(
        bars=drawn,
        line=" ".join(f"{x},{y_of(value)}" for x, value in zip(middles, line, strict=True)),
        dots=tuple(
            Bar(x, y_of(value), 0, 0, 0, f"{slot}: {value}")
            for x, value, slot in zip(middles, line, slots, strict=True)
        ),
        rules=tuple(Label(LEFT, y_of(number * step), str(number * step)) for number in range(5)),
        labels=tuple(
            Label(x, HEIGHT - 8, slot)
            for place, (x, slot) in enumerate(zip(middles, slots, strict=True))
            if (len(slots) - 1 - place) % every == 0
        ),
    )


def nice_step(most: int) -> int:
    """A quarter of an axis up to which people count easily: 1, 2 or 5 and noughts."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if 4 * digit * size >= most:
                return digit * size
        size *= 10
