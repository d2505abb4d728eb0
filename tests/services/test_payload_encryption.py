"""Payloads and failures on their way to Temporal: encrypted, bound to their key, readable by whoever has it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import ActivityError, ApplicationError

from models.engine_link import EngineLink
from models.payload_keys import PayloadKey, new_key
from services.payload_encryption import EncryptingCodec, PayloadRefused, key_id_of
from services.temporal import DATA_CONVERTER, data_converter

OLD, NEW = new_key("old"), new_key("new")
PAYLOADS = st.builds(
    Payload, data=st.binary(max_size=200), metadata=st.dictionaries(st.text(max_size=9), st.binary(max_size=9))
)


def plain(text: str = "nội dung") -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=text.encode())


async def sealed(payload: Payload, *keys: PayloadKey) -> Payload:
    (found,) = await EncryptingCodec(keys).encode([payload])
    return found


async def opened(payload: Payload, *keys: PayloadKey, refuses_plain: bool = False) -> Payload:
    (found,) = await EncryptingCodec(keys, refuses_plain=refuses_plain).decode([payload])
    return found


@settings(deadline=None)
@given(payload=PAYLOADS)
async def test_whatever_is_encrypted_comes_back_whole_and_never_twice_the_same(payload: Payload) -> None:
    one, other = await sealed(payload, NEW, OLD), await sealed(payload, NEW, OLD)

    assert one.data != other.data
    assert key_id_of(one) == b"new"
    assert await opened(one, OLD, NEW) == payload


async def test_the_first_key_writes_and_any_reads() -> None:
    before = await sealed(plain(), OLD)

    assert key_id_of(before) == b"old"
    assert await opened(before, NEW, OLD) == plain()


async def test_without_its_key_nothing_is_read_and_one_sentence_names_the_key() -> None:
    with pytest.raises(PayloadRefused) as refused:
        await opened(await sealed(plain(), OLD), NEW)

    assert "khóa old" in str(refused.value)
    assert "\n" not in str(refused.value)


@settings(deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
async def test_a_changed_bit_is_refused(place: int, bit: int) -> None:
    found = await sealed(plain(), OLD)
    data = bytearray(found.data)
    data[place % len(data)] ^= 1 << bit
    found.data = bytes(data)

    with pytest.raises(PayloadRefused):
        await opened(found, OLD)


async def test_what_is_cut_short_or_called_by_another_keys_name_is_refused() -> None:
    cut, renamed = await sealed(plain(), OLD), await sealed(plain(), OLD)
    cut.data = cut.data[:5]
    renamed.metadata["encryption-key-id"] = b"new"

    for one in (cut, renamed, Payload(metadata={"encoding": b"binary/encrypted"})):
        with pytest.raises(PayloadRefused):
            await opened(one, OLD, PayloadKey("new", OLD.secret))


async def test_what_was_written_before_there_were_keys_is_read_unless_that_is_refused() -> None:
    assert await opened(plain(), NEW) == plain()
    with pytest.raises(PayloadRefused, match="DONDOC_TEMPORAL_REFUSE_PLAIN"):
        await opened(plain(), NEW, refuses_plain=True)


def test_without_keys_everything_is_written_by_the_very_same_converter_as_ever() -> None:
    assert data_converter(EngineLink("127.0.0.1:7233")) is DATA_CONVERTER
    assert DATA_CONVERTER.payload_codec is None


def a_failure_of_an_activity() -> BaseException:
    """What an activity raised, from something that it had caught."""
    failure = ValueError("CanaryMiddle")
    failure.__cause__ = KeyError("CanaryInnermost")
    return failure


def words_of(failure: Failure) -> str:
    inner = words_of(failure.cause) if failure.HasField("cause") else ""
    return failure.message + failure.stack_trace + inner


async def handed_on(converter: DataConverter) -> Failure:
    """An activity fails, a workflow gets its error and fails with it."""
    first = Failure()
    await converter.encode_failure(a_failure_of_an_activity(), first)
    from_server = Failure(message="Activity task failed", cause=first)
    from_server.activity_failure_info.SetInParent()
    error = await converter.decode_failure(from_server)
    assert isinstance(error, ActivityError)
    again = Failure()
    await converter.encode_failure(error, again)
    return again


async def test_no_word_of_a_failure_or_of_its_causes_is_in_clear_also_when_it_is_handed_on() -> None:
    converter = data_converter(EngineLink("127.0.0.1:7233", keys=(NEW,)))

    failure = await handed_on(converter)

    assert "Canary" not in str(failure)
    assert set(words_of(failure).split("Encoded failure")) == {""}
    error = await converter.decode_failure(failure)
    assert isinstance(error.__cause__, ApplicationError)
    assert error.__cause__.message == "CanaryMiddle"
    assert isinstance(error.__cause__.__cause__, ApplicationError)
    assert "CanaryInnermost" in error.__cause__.__cause__.message


async def test_without_keys_a_failure_says_what_it_says() -> None:
    failure = await handed_on(DATA_CONVERTER)

    assert "CanaryMiddle" in words_of(failure)


async def test_details_of_a_refusal_are_encrypted_and_its_code_stays_to_be_read() -> None:
    converter = data_converter(EngineLink("127.0.0.1:7233", keys=(NEW,)))
    failure = Failure()

    await converter.encode_failure(
        ApplicationError("wrong_state", {"why": "CanaryDetail"}, type="wrong_state"), failure
    )

    assert "CanaryDetail" not in str(failure)
    assert failure.application_failure_info.type == "wrong_state"
    error = await converter.decode_failure(failure)
    assert isinstance(error, ApplicationError)
    assert error.details == ({"why": "CanaryDetail"},)
