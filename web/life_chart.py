"""The life of a directive as one picture on a date axis: what happened, what will happen if nobody acts, and now.

Everything here is geometry; `templates/life_chart.html` draws it. The picture is made once narrow and once wide, so
that its letters are as large on a telephone as on a desk, and the timeline below it says the same in words.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from documents.dates import short_day, short_instant
from documents.language import N_, Language, label, sentence
from models.directive import Directive
from models.events import MomentReached, Recorded
from models.local_time import at, local_day
from models.moments import Moment
from models.vocabulary import Status

NARROW: Final = 330
WIDE: Final = 960

_MARGIN: Final = 12
_ACTS, _STATES, _MOMENTS, _AXIS = 84.0, 98.0, 132.0, 154.0
_HEIGHT: Final = 176
_STATE_HEIGHT: Final = 14.0
_LABEL_ROWS: Final = 16.0
_LETTER: Final = 7.0
"""How wide a letter of the labels is, about."""

_STEPS: Final = (1, 2, 7, 14, 28, 56, 91, 182, 365, 730, 1825)
"""Days between two dates on the axis."""

Place = Literal["start", "middle", "end"]
Upright = Literal["now", "deadline", "first", "imposed"]


@dataclass(frozen=True)
class Mark:
    """An act or a moment; `title` is shown on pointing."""

    x: float
    y: float
    kind: Literal["act", "told", "coming"]
    level: int
    title: str


@dataclass(frozen=True)
class Band:
    """A stretch in which the directive had one status."""

    x: float
    width: float
    status: Status
    title: str


@dataclass(frozen=True)
class Line:
    """An upright line with words: a deadline, or now."""

    x: float
    kind: Upright
    text: str
    y: float
    place: Place


@dataclass(frozen=True)
class Tick:
    """A date on the axis."""

    x: float
    text: str
    place: Place


@dataclass(frozen=True)
class LifeChart:
    """The picture; `title` and `description` say it in words."""

    width: int
    height: int
    axis: float
    states: float
    state_height: float
    margin: int
    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    title: str
    description: str


@dataclass(frozen=True)
class _Scale:
    """From instants to places on the picture."""

    start: dt.datetime
    end: dt.datetime
    width: int

    def x(self, instant: dt.datetime) -> float:
        share = (instant - self.start) / (self.end - self.start)
        return round(_MARGIN + min(1.0, max(0.0, share)) * (self.width - 2 * _MARGIN), 1)


def life_charts(
    directive: Directive,
    rows: Sequence[Recorded],
    coming: Sequence[Moment],
    told: Sequence[str],
    coming_told: Sequence[str],
    now: dt.datetime,
    language: Language,
) -> tuple[LifeChart, LifeChart]:
    """The picture of a life, narrow and wide.

    Args:
        rows: what happened, in order; `told` says each in words.
        coming: the moments that come if nobody acts; `coming_told` says each in words.
    """
    drawn = _Drawing(directive, tuple(rows), tuple(coming), tuple(told), tuple(coming_told), now, language)
    return drawn.chart(NARROW, 5), drawn.chart(WIDE, 10)


@dataclass(frozen=True)
class _Drawing:
    directive: Directive
    rows: tuple[Recorded, ...]
    coming: tuple[Moment, ...]
    told: tuple[str, ...]
    coming_told: tuple[str, ...]
    now: dt.datetime
    language: Language

    def chart(self, width: int, dates: int) -> LifeChart:
        scale = self._scale(width)
        return LifeChart(
            width=width,
            height=_HEIGHT,
            axis=_AXIS,
            states=_STATES,
            state_height=_STATE_HEIGHT,
            margin=_MARGIN,
            bands=self._bands(scale),
            lines=self._lines(scale),
            marks=self._marks(scale),
            ticks=self._ticks(scale, dates),
            title=sentence(N_("Diễn biến của nhiệm vụ {code} theo ngày"), self.language, code=self.directive.code),
            description=self._description(scale),
        )

    def _deadlines(self) -> list[tuple[Upright, dt.datetime, str]]:
        directive = self.directive
        found: list[tuple[Upright, dt.datetime, str]] = []
        if directive.deadline is not None:
            found.append(("deadline", directive.deadline.due_at, N_("hạn {day}")))
        if directive.first_deadline is not None and directive.first_deadline != directive.deadline:
            found.append(("first", directive.first_deadline.due_at, N_("hạn đầu {day}")))
        if directive.imposed_deadline is not None:
            found.append(("imposed", directive.imposed_deadline.due_at, N_("hạn cấp trên {day}")))
        return found

    def _scale(self, width: int) -> _Scale:
        instants = [
            self.now,
            self.directive.registered_at,
            *(row.at for row in self.rows),
            *(moment.at for moment in self.coming),
            *(due_at for _, due_at, _ in self._deadlines()),
        ]
        start, end = min(instants), max(instants)
        room = max((end - start) * 0.03, dt.timedelta(hours=12))
        return _Scale(start - room, end + room, width)

    def _bands(self, scale: _Scale) -> tuple[Band, ...]:
        changes = self.directive.status_changes
        ends = [change.at for change in changes[1:]]
        if changes and not changes[-1].status.closed:
            ends.append(self.now)
        bands = []
        for change, until in zip(changes, ends, strict=False):
            x = scale.x(change.at)
            words = label(change.status, self.language)
            title = f"{words}: {short_instant(change.at)} – {short_instant(until)}"
            bands.append(Band(x, max(1.0, round(scale.x(until) - x, 1)), change.status, title))
        return tuple(bands)

    def _lines(self, scale: _Scale) -> tuple[Line, ...]:
        """The upright lines, each below its words.

        Words that find no room to the right of their line come first and from the right, the others below from the
        left: so hardly a line runs through the words of another.
        """
        texts: list[tuple[Upright, dt.datetime, str]] = [("now", self.now, sentence(N_("bây giờ"), self.language))]
        for kind, due_at, words in self._deadlines():
            day = local_day(due_at - dt.timedelta(microseconds=1))
            texts.append((kind, due_at, sentence(words, self.language, day=day)))
        found = [(scale.x(instant), kind, text) for kind, instant, text in texts]
        tight = [one for one in found if one[0] + len(one[2]) * _LETTER > scale.width]
        order: list[tuple[tuple[float, Upright, str], Place]] = [
            *((one, "end") for one in sorted(tight, reverse=True)),
            *((one, "start") for one in sorted(one for one in found if one not in tight)),
        ]
        return tuple(
            Line(x, kind, text, 13.0 + row * _LABEL_ROWS, place) for row, ((x, kind, text), place) in enumerate(order)
        )

    def _marks(self, scale: _Scale) -> tuple[Mark, ...]:
        marks: list[Mark] = []
        for row, told in zip(self.rows, self.told, strict=True):
            title = f"{short_instant(row.at)}: {told}"
            if isinstance(row.event, MomentReached):
                marks.append(Mark(scale.x(row.at), _MOMENTS, "told", row.event.level, title))
            else:
                marks.append(Mark(scale.x(row.at), _ACTS, "act", 0, title))
        for moment, told in zip(self.coming, self.coming_told, strict=True):
            title = f"{short_instant(moment.at)}: {told}"
            marks.append(Mark(scale.x(moment.at), _MOMENTS, "coming", moment.level, title))
        return tuple(marks)

    def _ticks(self, scale: _Scale, most: int) -> tuple[Tick, ...]:
        first, last = local_day(scale.start) + dt.timedelta(days=1), local_day(scale.end)
        span = max(1, (last - first).days)
        step = next((days for days in _STEPS if span / days <= most - 1), _STEPS[-1])
        years = first.year != last.year
        ticks = []
        for number in range(span // step + 1):
            day = first + dt.timedelta(days=number * step)
            text = f"{day.day:02d}/{day.month:02d}" + (f"/{day.year % 100:02d}" if years else "")
            x = scale.x(at(day, dt.time.min))
            ends = x + 22 > scale.width
            ticks.append(Tick(x, text, "end" if ends else "start" if x < 22 else "middle"))
        return tuple(ticks)

    def _description(self, scale: _Scale) -> str:
        past = sum(isinstance(row.event, MomentReached) for row in self.rows)
        said = sentence(
            N_(
                "Từ {first} đến {last}: {acts} việc đã làm, {told} mốc đã nhắc, {coming} mốc sẽ đến nếu không ai "
                "làm gì."
            ),
            self.language,
            first=short_day(local_day(scale.start)),
            last=short_day(local_day(scale.end)),
            acts=len(self.rows) - past,
            told=past,
            coming=len(self.coming),
        )
        due = [
            sentence(words, self.language, day=local_day(due_at - dt.timedelta(microseconds=1)))
            for _, due_at, words in self._deadlines()
        ]
        return " ".join([said, *(f"{one[:1].upper()}{one[1:]}." for one in due)])
