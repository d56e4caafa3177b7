import pytest
from pydantic import TypeAdapter, ValidationError

from kernel.pages import Limit, Page


def test_a_page_leaves_out_a_total_nobody_asked_for() -> None:
    """GAT-005."""
    assert Page[int](items=[1], next_cursor=None).model_dump_json() == (
        '{"items":[1],"next_cursor":null}'
    )
    assert Page[int](items=[], next_cursor="x", total=0).model_dump() == {
        "items": [],
        "next_cursor": "x",
        "total": 0,
    }


def test_a_page_does_not_change() -> None:
    page = Page[int](items=[], next_cursor=None)
    with pytest.raises(ValidationError, match="frozen"):
        page.total = 1  # type: ignore[misc]  # the point of the test


def test_a_pages_schema_requires_no_total() -> None:
    assert Page[int].model_json_schema(mode="serialization")["required"] == [
        "items",
        "next_cursor",
    ]


@pytest.mark.parametrize("limit", [0, -1, 201, 10**9])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    """GAT-005."""
    with pytest.raises(ValidationError):
        TypeAdapter(Limit).validate_python(limit)


def test_a_limit_may_be_from_one_to_two_hundred() -> None:
    assert [TypeAdapter(Limit).validate_python(limit) for limit in (1, "200")] == [1, 200]
