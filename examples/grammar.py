"""The sentences of invented tasks: `tasks.yaml` read, and one task or abstract written from it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

GRAMMAR: Final = Path(__file__).parent / "tasks.yaml"
SHORTEST, LONGEST = 40, 400
COMMUNES_SINCE: Final = date(2025, 7, 1)
_SHARES: Final = (70, 75, 80, 85, 90, 95, 98, 100)
_ROMAN: Final = ("I", "II", "III", "IV")
# A sentence that reports or recommends already needs no closing that does it again.
_CLOSED: Final = (";", "báo cáo", "kiến nghị", "tham mưu", "đề xuất", "gửi ")
_COMMON_OPENING: Final = "Chủ trì, phối hợp với các cơ quan, đơn vị liên quan"
_URGENT_COMMON_OPENING: Final = "Khẩn trương chủ trì, phối hợp với các cơ quan, đơn vị liên quan"


class Topic(BaseModel):
    """What documents of one kind are about, which sentences they give and which agencies could lead them.

    Attributes:
        leads: codes of before and after 2025; those that exist at the time are used.
        partners: codes of agencies that may coordinate.
        places: the group of areas it plays in; everywhere when None.
        words: further words by their hole.
        tasks: sentences for a department or another body.
        local: sentences for a commune or district, about its own area.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    leads: tuple[str, ...] = Field(min_length=1)
    partners: tuple[str, ...] = Field(alias="with")
    places: str | None = None
    subjects: tuple[str, ...] = Field(min_length=1)
    abstracts: tuple[str, ...] = Field(min_length=1)
    words: Mapping[str, tuple[str, ...]]
    tasks: tuple[str, ...] = Field(min_length=3)
    local: tuple[str, ...] = ()


class Grammar(BaseModel):
    """The whole of `tasks.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    openings: tuple[str, ...]
    urgent_openings: tuple[str, ...]
    closings: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    topics: tuple[Topic, ...]


def read_grammar(path: Path = GRAMMAR) -> Grammar:
    """Read the grammar.

    Raises:
        pydantic.ValidationError: the file does not have its shape.
    """
    return Grammar.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class Writer:
    """Writes contents that are all different, with one source of chance."""

    def __init__(self, grammar: Grammar, chance: Random) -> None:
        self._grammar = grammar
        self._chance = chance
        self._written: set[str] = set()

    def abstract(self, topic: Topic, subject: str, issued_on: date) -> str:
        """Write what a document is about, without the words of its kind."""
        pattern = self._chance.choice(topic.abstracts)
        return pattern.format_map({"chu_de": subject, **_time_words(issued_on)})

    def content(
        self, topic: Topic, pattern: str, *, subject: str, area: str, issued_on: date, urgent: bool, shared: bool
    ) -> str:
        """Write one task, of 40 to 400 characters, that no earlier call has written.

        Args:
            topic: gives the words.
            pattern: one of the topic's sentences.
            subject: one of the topic's subjects.
            area: such as "xã Bình Sơn".
            issued_on: the date of the document, for years and quarters.
            urgent: whether the document is an urgent one.
            shared: whether other agencies coordinate.

        Raises:
            ValueError: after many tries, nothing new can be made of the sentence.
        """
        for _ in range(200):
            words = {hole: self._chance.choice(choices) for hole, choices in topic.words.items()}
            sentence = pattern.format_map(
                {
                    "chu_de": subject,
                    "noi": area,
                    "dia_phuong": _localities(issued_on),
                    "so": str(self._chance.randint(2, 25)).zfill(2),
                    "ty_le": str(self._chance.choice(_SHARES)),
                    **_time_words(issued_on),
                    **words,
                }
            )
            text = self._around(sentence, urgent=urgent, shared=shared)
            if SHORTEST <= len(text) <= LONGEST and text not in self._written:
                self._written.add(text)
                return text
        raise ValueError(f"nothing new can be written with: {pattern}")

    def _around(self, sentence: str, *, urgent: bool, shared: bool) -> str:
        opening = self._chance.choice(self._grammar.urgent_openings if urgent else self._grammar.openings)
        if shared and self._chance.random() < 0.4:
            opening = _URGENT_COMMON_OPENING if urgent else _COMMON_OPENING
        closing = self._chance.choice(self._grammar.closings)
        if any(word in sentence for word in _CLOSED) and any(word in closing for word in _CLOSED[1:]):
            closing = ""
        text = f"{opening} {sentence}{closing}".strip()
        return f"{text[0].upper()}{text[1:]}."


def _localities(day: date) -> str:
    return "các xã, phường, đặc khu" if day >= COMMUNES_SINCE else "các huyện, thị xã, thành phố"


def _time_words(day: date) -> dict[str, str]:
    plan_starts = day.year // 5 * 5 + 1
    return {
        "nam": str(day.year),
        "nam_sau": str(day.year + 1),
        "quy": f"quý {_ROMAN[(day.month - 1) // 3]}/{day.year}",
        "giai_doan": f"{plan_starts}-{plan_starts + 4}",
    }
