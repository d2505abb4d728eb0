"""Phrases that several pages and notices share."""

import pytest

from documents.language import Language
from documents.phrases import span_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 giây"),
        (1.4, "1 giây"),
        (119, "119 giây"),
        (120, "2 phút"),
        (7_199, "120 phút"),
        (7_200, "2 giờ"),
        (1_382_400, "16 ngày"),
    ],
)
def test_a_span_is_told_in_the_largest_unit_of_which_there_are_two(seconds: float, words: str) -> None:
    assert span_words(seconds, Language.VI) == words
