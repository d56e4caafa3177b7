from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import ticket, uuid7

URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.integers(1, 200))
def test_ids_are_version_seven_different_and_in_order_of_time(count: int) -> None:
    """GAT-006: the leading 60 bits, version left out, never go back."""
    ids = [uuid7() for _ in range(count)]
    assert {(made.version, made.variant) for made in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == count
    instants = [made.int >> 64 for made in ids]
    assert instants == sorted(instants)


def test_an_id_carries_the_millisecond_it_was_made_in() -> None:
    before = datetime.now(UTC).timestamp()  # noqa: TID251 - ids use the system's clock
    made = uuid7().int >> 80
    after = datetime.now(UTC).timestamp()  # noqa: TID251 - ids use the system's clock
    assert int(before * 1000) <= made <= int(after * 1000)


def test_tickets_are_eleven_url_safe_characters_and_different() -> None:
    made = [ticket() for _ in range(200)]
    assert {len(each) for each in made} == {11}
    assert {character for each in made for character in each} <= URL_SAFE
    assert len(set(made)) == len(made)
