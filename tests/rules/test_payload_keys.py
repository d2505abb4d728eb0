"""Keys as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.payload_keys import BadKeys, KeyFault, PayloadKey, new_key, read_keys

K1 = PayloadKey("k1", b"1" * 32).written()

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)


@given(names=st.lists(NAMES, unique=True, max_size=4), apart=st.sampled_from(["\n", ",", " ,\n", "\n# remark\n\n"]))
def test_what_is_written_is_read_again_in_its_order(names: list[str], apart: str) -> None:
    keys = tuple(new_key(name) for name in names)

    assert read_keys(apart.join(key.written() for key in keys)) == keys


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("no-colon", KeyFault.SHAPE, 1),
        (f"khóa{K1}", KeyFault.SHAPE, 1),
        ("k1:not base64!", KeyFault.SHAPE, 1),
        (f"{K1},k2:c2hvcnQ=", KeyFault.LENGTH, 2),
        (f"{K1}\n{K1}", KeyFault.TWICE, 2),
    ],
)
def test_a_key_that_cannot_be_used_is_named_by_its_place_and_nothing_of_it_is_shown(
    text: str, fault: KeyFault, line: int
) -> None:
    with pytest.raises(BadKeys) as bad:
        read_keys(text)

    assert (bad.value.fault, bad.value.line) == (fault, line)
    assert "c2hvcnQ" not in f"{bad.value}{bad.value!r}"


def test_a_key_shows_nothing_of_itself_but_its_name() -> None:
    key = new_key("k1")

    assert str(key.secret) not in repr(key)
    assert key.written().partition(":")[2] not in repr(key)
    assert key.fingerprint == read_keys(key.written())[0].fingerprint != new_key("k1").fingerprint


def test_the_base64_of_a_shell_is_read_as_well() -> None:
    key = PayloadKey("k1", bytes(range(224, 256)))

    assert read_keys("k1:4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9/v8=") == (key,) == read_keys(key.written())
