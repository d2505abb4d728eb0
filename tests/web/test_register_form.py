"""Whatever a browser sends, the form is read without harm."""

from hypothesis import given
from hypothesis import strategies as st

from services.registering import ROWS
from web.pages.register_form import read_form

NAMES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["form", "act", "row", "document_number", "r0-content", "r1-deadline", "r999-urgency", "r1-code"]),
    st.from_regex(r"r[0-9]{1,5}-[a-z_]{1,12}", fullmatch=True),
)


@given(st.dictionaries(NAMES, st.text(max_size=40), max_size=60))
def test_any_form_is_read_into_some_rows_in_their_order(sent: dict[str, str]) -> None:
    read = read_form(sent)

    assert list(read.directives) == sorted(read.directives)
    assert len(read.directives) <= ROWS
    assert read.written.items() <= read.directives.items()
    assert 0 <= read.row < 1_000


@given(st.text(max_size=30), st.integers(0, 999))
def test_what_was_typed_is_kept_but_for_the_blanks_around_it(content: str, number: int) -> None:
    read = read_form({f"r{number}-content": content})

    assert read.directives[number].content == content.strip()
