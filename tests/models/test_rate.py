"""The rule of rates: a bucket never grants more than its quota at once and its pace in the long run."""

from hypothesis import given
from hypothesis import strategies as st

from models.rate import Allowance, Bucket, take

TEN_A_MINUTE = Allowance(name="test", quota=10, window=60)


def test_a_fresh_bucket_grants_its_whole_quota_and_then_says_how_long_to_wait() -> None:
    bucket: Bucket | None = None
    for left in range(9, -1, -1):
        taken = take(bucket, TEN_A_MINUTE, 100.0)
        assert (taken.granted, taken.remaining) == (True, left)
        bucket = taken.bucket

    refused = take(bucket, TEN_A_MINUTE, 100.0)

    assert (refused.granted, refused.remaining, refused.wait, refused.full_in) == (False, 0, 6, 60)
    assert take(refused.bucket, TEN_A_MINUTE, 106.0).granted


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_in_any_time_no_more_is_granted_than_quota_and_pace(pauses: list[float]) -> None:
    now, granted, bucket = 0.0, 0, None
    for pause in pauses:
        now += pause
        taken = take(bucket, TEN_A_MINUTE, now)
        granted += taken.granted
        bucket = taken.bucket
        assert 0 <= taken.remaining <= 10
        assert granted <= 10 + now * TEN_A_MINUTE.pace + 1e-6


@given(st.lists(st.floats(0, 5), max_size=60))
def test_whoever_waits_as_told_is_granted(pauses: list[float]) -> None:
    now, bucket = 0.0, None
    for pause in pauses:
        now += pause
        bucket = take(bucket, TEN_A_MINUTE, now).bucket
    told = take(bucket, TEN_A_MINUTE, now)

    assert take(told.bucket, TEN_A_MINUTE, now + told.wait).granted or told.granted


def test_a_clock_that_goes_back_grants_nothing_more() -> None:
    empty = Bucket(left=0.0, at=100.0)

    assert not take(empty, TEN_A_MINUTE, 50.0).granted
    assert take(empty, TEN_A_MINUTE, 50.0).bucket.at == 100.0
