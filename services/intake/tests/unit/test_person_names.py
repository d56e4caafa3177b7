"""Names of people (INT-007)."""

import pytest

from intake.domain.person_names import PersonName, is_only_title, split_name, without_titles


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Anna", ("Anna", None, None)),
        ("Anna Berg", ("Anna", None, "Berg")),
        ("  Anna   Maria  van Berg ", ("Anna", "Maria van", "Berg")),
        ("Dr. Anna Berg", ("Dr. Anna", None, "Berg")),
        ("Prof. Dr. Anna Maria Berg", ("Prof. Dr. Anna", "Maria", "Berg")),
        ("Mr. Berg", ("Mr. Berg", None, None)),
        ("Don Carlos", ("Don", None, "Carlos")),
        ("Dr.", ("Dr.", None, None)),
        ("", ("", None, None)),
    ],
)
def test_a_full_name_is_split_on_blanks_and_titles_stay_with_the_first_name(
    full: str, parts: tuple[str, str | None, str | None]
) -> None:
    assert split_name(full) == PersonName(*parts)


def test_a_title_alone_is_no_first_name() -> None:
    assert all(map(is_only_title, ("Dr.", "dr", "Mr.", "Prof. Dr.", "MRS")))
    assert not any(map(is_only_title, ("Drew", "Don", "Dr. No", "", "Missy")))


def test_titles_do_not_count_when_names_are_compared() -> None:
    assert without_titles("Prof. Dr. Anna Maria") == "Anna Maria"
    assert without_titles("Dr.") == ""


def test_a_name_is_kept_in_columns_of_a_hundred_characters() -> None:
    columns = split_name("A" * 101 + " Maria " + "B" * 101).columns()
    assert columns == {"first_name": "A" * 100, "middle_name": "Maria", "last_name": "B" * 100}
    assert split_name("Anna").columns() == {
        "first_name": "Anna", "middle_name": None, "last_name": None,
    }  # fmt: skip
