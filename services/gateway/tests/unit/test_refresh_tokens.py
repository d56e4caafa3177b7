"""How long a login lasts (GAT-022)."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.opaque import digest, new_token, successor
from gateway.domain.sessions import Refresh, judge

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("began", "issued", "used", "verdict"),
    [
        (1, 1, None, Refresh.ROTATE),
        (6 * 86_400, 6 * 86_400, None, Refresh.ROTATE),
        (8 * 86_400, 8 * 86_400, None, Refresh.EXPIRED),
        (31 * 86_400, 60, None, Refresh.EXPIRED),
        (60, 60, 10, Refresh.REPEAT),
        (60, 60, 10.1, Refresh.REUSED),
        (60 * 86_400, 60, 20, Refresh.REUSED),
    ],
)
def test_a_refresh_token_is_judged_by_its_age_and_use(
    began: float, issued: float, used: float | None, verdict: Refresh
) -> None:
    def ago(seconds: float) -> datetime:
        return NOW - timedelta(seconds=seconds)

    used_at = None if used is None else ago(used)
    assert judge(NOW, began=ago(began), issued=ago(issued), used=used_at) is verdict


def test_the_successor_of_a_token_is_one_and_as_long_as_any() -> None:
    token, key = new_token(), b"k" * 32
    assert successor(token, key) == successor(token, key) != token
    assert successor(token, b"other") != successor(token, key)
    assert len(successor(token, key)) == len(token) == 43
    assert token.encode() not in digest(token)
