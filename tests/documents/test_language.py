"""Sentences, labels, days and instants in both languages."""

import inspect
from datetime import UTC, date, datetime
from enum import StrEnum

import pytest

from documents.labels import LABELS
from documents.language import (
    BadSentence,
    Language,
    days_left_words,
    format_day,
    format_instant,
    holes,
    label,
    sentence,
)
from models import vocabulary
from models.vocabulary import Audience, Position, Status, Urgency

VOCABULARY = [
    enum
    for _, enum in inspect.getmembers(vocabulary, inspect.isclass)
    if issubclass(enum, StrEnum) and enum is not StrEnum
]


@pytest.mark.parametrize("member", [member for enum in VOCABULARY for member in enum], ids=repr)
def test_every_member_of_the_vocabulary_has_a_label_in_both_languages(member: StrEnum) -> None:
    vietnamese, english = label(member, Language.VI), label(member, Language.EN)

    assert vietnamese
    assert english
    assert english != vietnamese
    assert english.isascii()


def test_no_label_is_for_a_member_that_is_gone() -> None:
    assert set(LABELS) == set(VOCABULARY)
    for enum, labels in LABELS.items():
        assert set(labels) == set(enum.__members__)


@pytest.mark.parametrize("enum", VOCABULARY)
def test_two_members_never_look_alike(enum: type[StrEnum]) -> None:
    for language in Language:
        assert len({label(member, language) for member in enum}) == len(enum)


def test_members_of_two_vocabularies_with_one_value_keep_their_own_labels() -> None:
    assert label(Position.VICE_CHAIRMAN, Language.VI) == "Phó Chủ tịch"
    assert label(Audience.VICE_CHAIRMAN, Language.VI) == "Phó Chủ tịch phụ trách"


def test_a_sentence_is_filled_in_the_language_asked_for() -> None:
    assert sentence("còn {days} ngày làm việc", Language.VI, days=3) == "còn 3 ngày làm việc"
    assert sentence("còn {days} ngày làm việc", Language.EN, days=3) == "3 working days left"


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        ("Sở Y tế", "Sở Y tế", "Sở Y tế"),
        (7, "7", "7"),
        (None, "không có", "none"),
        (date(2023, 4, 12), "12/04/2023", "12/04/2023"),
        (datetime(2023, 4, 12, 1, 0, tzinfo=UTC), "08:00 12/04/2023", "08:00 12/04/2023"),
        (Status.SUBMITTED, "Chờ thẩm định kết quả", "Result under review"),
        (("Sở Y tế", Urgency.FLASH), "Sở Y tế; Hỏa tốc", "Sở Y tế; Flash"),
        (frozenset({"b", "a"}), "a; b", "a; b"),
        ("{other}", "{other}", "{other}"),
    ],
)
def test_values_are_shown_as_people_write_them(value: object, vietnamese: str, english: str) -> None:
    assert sentence("{x}", Language.VI, x=value) == vietnamese
    assert sentence("{x}", Language.EN, x=value) == english


def test_a_hole_without_a_value_is_named() -> None:
    with pytest.raises(BadSentence, match="no value for agency, code"):
        sentence("{agency} không chủ trì {code}.", Language.VI, lead="Sở Y tế")


@pytest.mark.parametrize("text", ["{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>10}", "{a", "a}"])
def test_a_hole_that_is_more_than_a_name_is_refused(text: str) -> None:
    with pytest.raises(BadSentence):
        sentence(text, Language.VI, a=1)


def test_braces_that_are_meant_as_braces_are_no_holes() -> None:
    assert holes("{{a}} {b}") == {"b"}
    assert sentence("{{a}} {b}", Language.VI, b=1) == "{a} 1"


def test_a_sentence_nobody_translated_yet_stays_vietnamese() -> None:
    assert sentence("câu chưa ai dịch", Language.EN) == "câu chưa ai dịch"


@pytest.mark.parametrize(
    ("day", "vietnamese", "english"),
    [
        (date(2023, 4, 10), "thứ Hai, 10/04/2023", "Monday, 10/04/2023"),
        (date(2023, 4, 11), "thứ Ba, 11/04/2023", "Tuesday, 11/04/2023"),
        (date(2023, 4, 12), "thứ Tư, 12/04/2023", "Wednesday, 12/04/2023"),
        (date(2023, 4, 13), "thứ Năm, 13/04/2023", "Thursday, 13/04/2023"),
        (date(2023, 4, 14), "thứ Sáu, 14/04/2023", "Friday, 14/04/2023"),
        (date(2023, 4, 15), "thứ Bảy, 15/04/2023", "Saturday, 15/04/2023"),
        (date(2023, 4, 16), "Chủ nhật, 16/04/2023", "Sunday, 16/04/2023"),
    ],
)
def test_a_day_is_written_with_its_weekday(day: date, vietnamese: str, english: str) -> None:
    assert format_day(day, Language.VI) == vietnamese
    assert format_day(day, Language.EN) == english


def test_an_instant_is_written_in_local_time_also_when_that_is_another_day() -> None:
    instant = datetime(2023, 4, 11, 17, 30, tzinfo=UTC)

    assert format_instant(instant, Language.VI) == "00:30 thứ Tư, 12/04/2023"
    assert format_instant(instant, Language.EN) == "00:30 Wednesday, 12/04/2023"


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_instant(datetime(2023, 4, 12, 8), Language.VI)  # noqa: DTZ001  (that is the mistake)


@pytest.mark.parametrize(
    ("days", "vietnamese", "english"),
    [
        (3, "còn 3 ngày làm việc", "3 working days left"),
        (1, "còn 1 ngày làm việc", "1 working day left"),
        (0, "đến hạn hôm nay", "due today"),
        (-1, "quá hạn 1 ngày làm việc", "1 working day overdue"),
        (-2, "quá hạn 2 ngày làm việc", "2 working days overdue"),
    ],
)
def test_days_left_are_said_in_words(days: int, vietnamese: str, english: str) -> None:
    assert days_left_words(days, Language.VI) == vietnamese
    assert days_left_words(days, Language.EN) == english
