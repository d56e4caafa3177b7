"""Departments stand above one another, never above themselves."""

from uuid import UUID

from gateway.domain.groups import is_below_itself

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def test_a_department_cannot_stand_below_itself() -> None:
    parents = {A: None, B: A, C: B}
    assert is_below_itself(A, A, parents)
    assert is_below_itself(A, C, parents)
    assert not is_below_itself(C, A, parents)
    assert not is_below_itself(A, None, parents)
