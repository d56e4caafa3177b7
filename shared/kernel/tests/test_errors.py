import pytest

from kernel import errors
from kernel.errors import Conflict, FieldError, NotFound, Problem, TooManyRequests, invalid


def subclasses() -> list[type[Problem]]:
    return [Problem, *Problem.__subclasses__()]


def test_every_problem_has_its_own_status_title_and_code() -> None:
    for facet in ("status", "title", "default_code"):
        assert len({getattr(problem, facet) for problem in subclasses()}) == len(subclasses())


def test_the_tree_in_the_docstring_is_the_truth() -> None:
    for problem in subclasses()[1:]:
        line = next(line for line in str(errors.__doc__).splitlines() if problem.__name__ in line)
        assert str(problem.status) in line


def test_a_problem_without_detail_says_its_title() -> None:
    with pytest.raises(NotFound, match="Not found") as caught:
        raise NotFound
    assert (caught.value.code, caught.value.errors, caught.value.extra) == ("not_found", (), {})


def test_a_problem_carries_its_own_code_and_members() -> None:
    problem = Conflict("This deal is closed.", code="deal_closed", deal_id="7")
    assert (problem.detail, problem.code, problem.extra) == (
        "This deal is closed.",
        "deal_closed",
        {"deal_id": "7"},
    )
    assert TooManyRequests(retry_after=5).retry_after == 5


def test_invalid_points_at_the_field() -> None:
    problem = invalid("name", "is taken", "taken")
    assert problem.status == 422
    assert problem.errors == (FieldError("/name", "taken", "is taken"),)
