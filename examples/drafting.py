"""What stands in the example workbooks: documents with one to four directives, dated around a given day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final, NamedTuple

from examples.grammar import Grammar, Topic, Writer
from examples.timing import Issue, Timing
from models.directory import Agency, Directory
from models.vocabulary import Urgency

CHAIRMAN: Final = "chutich"
_LOCAL_SHARE: Final = 0.4
_ALIAS_SHARE: Final = 0.25
_CASE_SHARE: Final = 0.06
_CHAIRMAN_SHARE: Final = 0.3
_DAYS_A_YEAR: Final = 366
_PARTNERS: Final = (0, 1, 2, 3, 4)
_PARTNER_WEIGHTS: Final = (30, 30, 22, 12, 6)
_SYMBOLS: Final = {
    "pct.kinhte": ("KTTH", "CNXD"),
    "pct.vanxa": ("KGVX",),
    "pct.nongnghiep": ("KTN",),
    "pct.noichinh": ("NC",),
}
_TITLES: Final = {True: "Chủ tịch UBND tỉnh", False: "Phó Chủ tịch UBND tỉnh"}


class _Kind(NamedTuple):
    """A kind of document: its symbol, how many a year, how its abstract is worded."""

    symbol: str
    a_year: int
    wording: str


_KINDS: Final = {
    _Kind("UBND-{office}", 7000, "V/v {abstract}"): 78,
    _Kind("TB-UBND", 520, "Kết luận của {title} tại cuộc họp về {abstract}"): 13,
    _Kind("KH-UBND", 320, "Kế hoạch {abstract}"): 7,
    _Kind("CT-UBND", 24, "Về việc {abstract}"): 1,
}


@dataclass(frozen=True)
class Row:
    """One row of a workbook; agencies as somebody wrote them, `deadline` as a day, a text or nothing."""

    code: str
    number: str
    issued_on: date | str
    abstract: str
    leader: str
    content: str
    lead: str
    coordinating: str
    deadline: date | str | None
    urgency: Urgency
    field: str
    result_on: date | None = None
    result_number: str | None = None


def draft(
    issues: Iterable[Issue], directory: Directory, grammar: Grammar, chance: Random, prefix: str, *, even: bool
) -> list[Row]:
    """Write the rows of documents, in the order of their dates.

    Args:
        issues: the documents' dates and those of their directives.
        directory: agencies and people.
        grammar: the sentences.
        chance: the only source of chance.
        prefix: what stands before the running number of a code, "QN-2026-".
        even: whether documents get even numbers; so two workbooks never share one.
    """
    author = _Author(directory, grammar, chance, even=even)
    rows = [row for issue in sorted(issues, key=lambda issue: issue.issued_on) for row in author.rows_of(issue)]
    return [replace(row, code=f"{prefix}{number:04}") for number, row in enumerate(rows, start=1)]


class _Author:
    def __init__(self, directory: Directory, grammar: Grammar, chance: Random, *, even: bool) -> None:
        self._directory = directory
        self._grammar = grammar
        self._chance = chance
        self._writer = Writer(grammar, chance)
        self._last_numbers: dict[tuple[str, int], int] = {}
        self._parity = 0 if even else 1

    def rows_of(self, issue: Issue) -> list[Row]:
        """Write the directives of one document: one topic, one subject, one leader."""
        topic = self._chance.choice([topic for topic in self._grammar.topics if self._leads(topic.leads, issue)])
        subject = self._chance.choice(topic.subjects)
        field = self._directory.field(topic.field)
        if field is None or field.vice_chairman is None:
            raise ValueError(f"nobody supervises the field {topic.field}")
        by_chairman = self._chance.random() < _CHAIRMAN_SHARE
        kind = self._chance.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
        office = self._chance.choice(_SYMBOLS[field.vice_chairman])
        common = Row(
            code="",
            number=f"{self._number(kind, issue.issued_on)}/{kind.symbol.format(office=office)}",
            issued_on=self._written_day(issue.issued_on),
            abstract=kind.wording.format(
                abstract=self._writer.abstract(topic, subject, issue.issued_on).removeprefix(
                    "kế hoạch " if kind.symbol.startswith("KH") else ""
                ),
                title=_TITLES[by_chairman],
            ),
            leader=self._directory.person_name(CHAIRMAN if by_chairman else field.vice_chairman),
            content="",
            lead="",
            coordinating="",
            deadline=None,
            urgency=issue.urgency,
            field=field.name,
        )
        return self._tasks(issue, topic, subject, common)

    def _tasks(self, issue: Issue, topic: Topic, subject: str, common: Row) -> list[Row]:
        departments = self._leads(topic.leads, issue)
        areas = self._areas(topic, issue)
        lasting = [area for area in areas if _exists(area, issue)]
        patterns = self._chance.sample(topic.tasks, k=min(len(topic.tasks), len(issue.timings)))
        rows = []
        for timing in issue.timings:
            local = bool(topic.local and lasting) and (not patterns or self._chance.random() < _LOCAL_SHARE)
            area = self._chance.choice(lasting if local else areas)
            lead = area if local else self._chance.choice(departments)
            pattern = self._chance.choice(topic.local) if local else patterns.pop() if patterns else topic.tasks[0]
            partners = self._partners(topic, issue, lead)
            content = self._writer.content(
                topic,
                pattern,
                subject=subject,
                area=area.name.removeprefix("UBND "),
                issued_on=issue.issued_on,
                urgent=issue.urgency is not Urgency.NORMAL,
                shared=bool(partners),
            )
            rows.append(self._row(common, timing, content, lead, partners))
        return rows

    def _row(self, common: Row, timing: Timing, content: str, lead: Agency, partners: Sequence[Agency]) -> Row:
        return replace(
            common,
            content=content,
            lead=self._written(lead),
            coordinating="; ".join(self._written(partner) for partner in partners),
            deadline=timing.deadline,
            result_on=timing.result_on,
            result_number=self._result_number(lead) if timing.result_on is not None else None,
        )

    def _leads(self, codes: Iterable[str], issue: Issue) -> list[Agency]:
        """Find who could lead: where an agency of one time only is among them, it and not one that always was.

        So roads were Sở Giao thông vận tải's as long as that stood, and religion is Sở Dân tộc và Tôn giáo's since.
        """
        there = self._there(codes, issue)
        dated = [agency for agency in there if agency.valid_from or agency.valid_until]
        return dated or there

    def _areas(self, topic: Topic, issue: Issue) -> list[Agency]:
        """Find the districts or communes of the document's day that a task may be about."""
        group = self._grammar.places[topic.places] if topic.places else None
        return [
            agency
            for agency in self._directory.agencies
            if agency.kind in ("district", "commune")
            and (group is None or agency.code in group)
            and agency.holds_on(issue.issued_on)
        ]

    def _partners(self, topic: Topic, issue: Issue, lead: Agency) -> list[Agency]:
        own = topic.leads if lead.kind in ("district", "commune") else ()
        pool = [agency for agency in self._there((*topic.partners, *own), issue) if agency.code != lead.code]
        count = self._chance.choices(_PARTNERS, weights=_PARTNER_WEIGHTS)[0]
        return self._chance.sample(pool, k=min(count, len(pool)))

    def _there(self, codes: Iterable[str], issue: Issue) -> list[Agency]:
        found = []
        for code in codes:
            agency = self._directory.agency(code)
            if agency is None:
                raise ValueError(f"tasks.yaml names an agency that the directory lacks: {code}")
            if _exists(agency, issue):
                found.append(agency)
        return found

    def _number(self, kind: _Kind, day: date) -> int:
        """Give documents of a kind rising numbers through the year, even or odd throughout."""
        series = (kind.symbol, day.year)
        about = day.timetuple().tm_yday * kind.a_year // _DAYS_A_YEAR // 2 * 2 + self._parity
        number = max(about, self._last_numbers.get(series, -2) + 2, 2 - self._parity)
        self._last_numbers[series] = number
        return number

    def _result_number(self, lead: Agency) -> str:
        office = "UBND" if lead.kind in ("district", "commune") else lead.code
        return f"{self._chance.randint(11, 3200)}/BC-{office}"

    def _written_day(self, day: date) -> date | str:
        return day if self._chance.random() < 0.8 else f"{day:%d/%m/%Y}"

    def _written(self, agency: Agency) -> str:
        """Write an agency as people do: mostly by its name, at times by an abbreviation or in other capitals."""
        drawn = self._chance.random()
        if drawn < _ALIAS_SHARE and agency.aliases:
            return self._chance.choice(agency.aliases)
        if drawn < _ALIAS_SHARE + _CASE_SHARE:
            return self._chance.choice((agency.name.upper(), agency.name.lower()))
        return agency.name


def _exists(agency: Agency, issue: Issue) -> bool:
    """Whether an agency exists from the document's date until its directives are done, or until the day of making."""
    return agency.holds_on(issue.issued_on) and agency.holds_on(issue.lasts_until)
