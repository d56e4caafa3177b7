import json
import unicodedata
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from kernel.text import (
    Email,
    Line,
    Paragraphs,
    clean,
    email_key,
    fold,
    like_pattern,
    trigrams,
)

NAUGHTY = Path(__file__).parents[4] / "shared/data/10-outside-judges/blns/blns.json"
ZALGO = "a" + "\u0301\u0316" * 50_000

line = TypeAdapter[str](Annotated[str, Line(20)])
paragraphs = TypeAdapter[str](Annotated[str, Paragraphs(40)])
email = TypeAdapter[str](Email)


def refusal(adapter: TypeAdapter[str], value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    (error,) = caught.value.errors()
    return error["type"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Acme  ", "Acme"),
        ("Mu\u0308ller", "M\u00fcller"),
        ("\u00a0Acme\u3000", "Acme"),
        ("a\u200db", "a\u200db"),
        ("\u05d0\u200f!", "\u05d0\u200f!"),
    ],
)
def test_a_line_is_composed_and_stripped(typed: str, kept: str) -> None:
    assert line.validate_python(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "string_too_short"),
        ("   ", "string_too_short"),
        ("\u200b\u2060\ufeff", "string_too_short"),
        ("\u3164", "string_too_short"),
        ("x" * 21, "string_too_long"),
        ("\u0958" * 20, "string_too_long"),  # doubles in NFC
        ("a\x00b", "text_control_character"),
        ("a\x1bb", "text_control_character"),
        ("a\rb", "text_control_character"),
        ("a\nb", "text_line_break"),
        ("Acme\n", "text_line_break"),
        ("a\tb", "text_line_break"),
        ("a\u2028b", "text_line_break"),
        ("exe.\u202efdp", "text_direction_control"),
        ("a\u2066b", "text_direction_control"),
        (5, "string_type"),
        (None, "string_type"),
    ],
)
def test_an_unsafe_line_is_refused_with_a_stable_type(typed: object, code: str) -> None:
    """Rows 5, 25, 26 and 46 of the bad-input list."""
    assert refusal(line, typed) == code


@pytest.mark.parametrize("adapter", [line, paragraphs, email])
def test_half_a_character_is_refused(adapter: TypeAdapter[str]) -> None:
    """Row 6 of the bad-input list."""
    assert refusal(adapter, "a\ud800b") in {"string_unicode", "text_surrogate"}
    with pytest.raises(PydanticCustomError, match="half characters"):
        clean("a\ud800b", 10)


def test_paragraphs_keep_tabs_and_line_breaks() -> None:
    assert paragraphs.validate_python(" a\r\nb\rc\n\td\n") == "a\nb\nc\n\td"
    assert refusal(paragraphs, "a\x0bb") == "text_control_character"


def test_paragraphs_may_be_empty_unless_they_must_not() -> None:
    assert paragraphs.validate_python(" \u200b\n") == ""
    assert refusal(TypeAdapter(Annotated[str, Paragraphs(9, min_length=1)]), " ") == (
        "string_too_short"
    )


def test_the_limits_stand_in_the_schema() -> None:
    assert line.json_schema() == {"type": "string", "minLength": 1, "maxLength": 20}
    assert paragraphs.json_schema() == {"type": "string", "maxLength": 40}
    assert email.json_schema()["format"] == "email"
    assert email.json_schema()["maxLength"] == 250


def test_piled_up_marks_cost_no_time() -> None:
    """Row 27 of the bad-input list: composing them would take many seconds."""
    begun = perf_counter()
    assert refusal(line, ZALGO) == "string_too_long"
    with pytest.raises(PydanticCustomError, match="pile up"):
        clean(ZALGO, 200_000)
    assert fold(ZALGO) == "a"
    assert perf_counter() - begun < 1


@given(st.text(), st.booleans())
def test_cleaning_twice_is_cleaning_once(text: str, lines: bool) -> None:  # noqa: FBT001 - drawn
    try:
        once = clean(text, 200, lines=lines)
    except PydanticCustomError:
        return
    assert clean(once, 200, lines=lines) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize("kind", [Line(250), Paragraphs(4_000), None])
def test_every_naughty_string_is_cleaned_or_refused(kind: Any) -> None:
    if not NAUGHTY.exists():
        pytest.skip(f"the naughty strings are not at {NAUGHTY}")
    adapter = TypeAdapter[str](Annotated[str, kind] if kind else Email)
    for text in json.loads(NAUGHTY.read_text(encoding="utf-8")):
        fold(text)
        trigrams(text)
        email_key(text)
        try:
            kept = adapter.validate_python(text)
        except ValidationError:
            continue
        assert adapter.validate_python(kept) == kept


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  M\u00dcLLER \t& S\u00f6hne ", "muller & sohne"),
        ("Stra\u00dfe", "strasse"),
        ("STRASSE", "strasse"),
        ("\u0141\u00f3d\u017a", "lodz"),
        ("\u00d8rsted", "orsted"),
        ("\u0110or\u0111e", "dorde"),
        ("\u00c6r\u00f8sk\u00f8bing \u0152uvre", "aeroskobing oeuvre"),
        ("\u0130stanbul", "istanbul"),
        ("D\u0131yarbak\u0131r", "diyarbakir"),
        ("\uff21\uff42\uff43", "abc"),
        ("co\u00adop\u200berative", "cooperative"),
        ("\u0416\u0451\u043b\u0443\u0434\u044c", "\u0436\u0435\u043b\u0443\u0434\u044c"),
        ("", ""),
    ],
)
def test_folding_forgets_case_accents_and_blanks(text: str, key: str) -> None:
    """GAT-009."""
    assert fold(text) == key


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_key_is_at_most_four_times_as_long(text: str) -> None:
    """Row 28 of the bad-input list."""
    assert len(fold(text)) <= 4 * len(text)
    assert len(fold("\ufdfa")) <= 4


def test_trigrams_are_sorted_and_different() -> None:
    assert trigrams("\u00c1baba") == ["aba", "bab"]
    assert trigrams("ab") == []


@given(st.text(alphabet="abc \u00e9", max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_a_text_holds_the_trigrams_of_its_parts(text: str, start: int, end: int) -> None:
    key = fold(text)
    assert set(trigrams(key[start:end])) <= set(trigrams(text))


def test_a_like_pattern_takes_every_character_as_text() -> None:
    """Row 32 of the bad-input list."""
    assert like_pattern(r"50%_\x") == r"50\%\_\\x"


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "Ann.O'Brien+news@Mail.Example.co.uk",
        "a" * 64 + "@example.com",
        "post@m\u00fcller.example",
        "post@xn--mller-kva.example",
        "x@\u0926\u093f\u0932\u094d\u0932\u0940.\u092d\u093e\u0930\u0924",
        "ann@ex\u0430mple.com",  # Cyrillic a: the UI warns
    ],
)
def test_an_address_is_kept_as_typed(address: str) -> None:
    """Row 29 of the bad-input list."""
    assert email.validate_python(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        "@example.com",
        "ann@",
        "ann.example.com",
        "a@b@example.com",
        "a" * 65 + "@example.com",
        ".ann@example.com",
        "ann..b@example.com",
        "ann@example.com.",
        "ann@-example.com",
        "ann@exam_ple.com",
        "ann@example..com",
        "ann@127.0.0.1",
        "ann@[127.0.0.1]",
        '"ann b"@example.com',
        "ann b@example.com",
        "\uff41nn@example.com",
        "ann@\uff45xample.com",
        "ann@example\u3002com",
        "ann@\u2603.example",
        "ann@" + "x" * 64 + ".example",
        "ann@" + "\u00fc" * 64 + ".example",
        "a@" + ".".join(["\u00fc" * 12] * 18) + ".de",
        "Ann <ann@example.com>",
    ],
)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    """Row 29 of the bad-input list."""
    assert refusal(email, address) == "email_invalid"


def test_an_address_holds_no_line_break() -> None:
    assert refusal(email, "ann@example.com\n") == "text_line_break"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("post@M\u00dcLLER.example", "post@xn--mller-kva.example"),
        ("post@mu\u0308ller.example", "POST@m\u00fcller.example "),
    ],
)
def test_two_spellings_of_one_mailbox_have_one_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@ex\u0430mple.com", "ann@example.com"),
        ("ann+news@example.com", "ann@example.com"),
        ("ann@fa\u00df.example", "ann@fass.example"),
    ],
)
def test_different_mailboxes_have_different_keys(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


@given(st.text())
def test_any_text_has_an_address_key(text: str) -> None:
    assert email_key(email_key(text)) == email_key(text)


def test_windows_1252_that_was_read_as_latin_1_is_put_right() -> None:
    assert clean("It\x92s \x9320\x80\x94\x81", 50) == "It\u2019s \u201c20\u20ac\u201d"
