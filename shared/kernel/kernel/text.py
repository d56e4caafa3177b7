r"""Text from outside, made safe to keep and easy to find.

Field types: `Annotated[str, Line(250)]`, `Annotated[str, Paragraphs(10_000)]`, `Email`, `Secret`,
`FreeForm`.
For search: `fold` makes the key, `trigrams` its index, `like_pattern` takes the magic out of % _ \.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, SecretStr
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BREAK: Final = re.compile("[\t\n\u2028\u2029]")
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")

_MISREAD: Final = {
    byte: bytes([byte]).decode("cp1252", errors="ignore") for byte in range(0x80, 0xA0)
}
"""C1 controls are Windows-1252 that somebody took for Latin-1; browsers read them so as well."""

_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"})
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols without ink

_MOST_MARKS: Final = 30  # in a row, as in Unicode's stream-safe format; ordering them is quadratic

_FOLDED_LETTERS: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h"}
    | {"ŧ": "t", "ŋ": "n", "\u0131": "i", "ĸ": "k", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ə": "e"}
)
"""Letters that Unicode does not take apart, though people type them without the stroke."""
_MOST_GROWTH: Final = 4


def clean(text: str, limit: int, *, least: int = 0, lines: bool = False) -> str:
    r"""Answer the text in NFC without outer blanks, or refuse it; text without ink becomes "".

    Args:
        text: what somebody typed or sent.
        limit: the most characters, counted before anything else is done with the text.
        least: the fewest characters that must be left.
        lines: whether tabs and line breaks are welcome; breaks are kept as "\n".

    Raises:
        PydanticCustomError: a ValueError with one of the types string_too_long, string_too_short,
            text_surrogate, text_control_character, text_line_break, text_direction_control,
            text_too_many_marks.
    """
    _refuse_too_long(text, limit)
    text = text.translate(_MISREAD)
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_unsafe(text, lines=lines)
    text = unicodedata.normalize("NFC", text).strip()
    _refuse_too_long(text, limit)  # a few characters grow in NFC
    if not any(_has_ink(character) for character in text):
        text = ""
    if len(text) < least:
        raise PydanticCustomError(
            "string_too_short",
            "Text should have at least {min_length} characters",
            {"min_length": least},
        )
    return text


def _refuse_too_long(text: str, limit: int) -> None:
    if len(text) > limit:
        raise PydanticCustomError(
            "string_too_long",
            "Text should have at most {max_length} characters",
            {"max_length": limit},
        )


def _refuse_unsafe(text: str, *, lines: bool) -> None:
    if _SURROGATE.search(text):
        raise PydanticCustomError("text_surrogate", "Text should not have half characters")
    if not lines and _BREAK.search(text):
        raise PydanticCustomError("text_line_break", "Text should be one line without tabs")
    if _CONTROL.search(text):
        raise PydanticCustomError(
            "text_control_character", "Text should not have control characters"
        )
    if _DIRECTION.search(text):
        raise PydanticCustomError(
            "text_direction_control", "Text should not override the direction of writing"
        )
    if _has_long_run_of_marks(text):
        raise PydanticCustomError(
            "text_too_many_marks", "Text should not pile up marks on one letter"
        )


def _has_long_run_of_marks(text: str) -> bool:
    run = 0
    for character in text if not text.isascii() else "":
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MOST_MARKS:
            return True
    return False


def _has_ink(character: str) -> bool:
    return (
        unicodedata.category(character) not in _INVISIBLE_CATEGORIES and character not in _FILLERS
    )


@dataclass(frozen=True)
class Line:
    """Marks a `str` field as one cleaned line: `name: Annotated[str, Line(250)]`."""

    max_length: int
    min_length: int = 1

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _cleaned(self.max_length, self.min_length, lines=False)


@dataclass(frozen=True)
class Paragraphs:
    """Marks a `str` field as cleaned text of several lines: `Annotated[str, Paragraphs(4_000)]`."""

    max_length: int
    min_length: int = 0

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _cleaned(self.max_length, self.min_length, lines=True)


def _cleaned(max_length: int, min_length: int, *, lines: bool) -> CoreSchema:
    """Build the schema; the lengths stand in the string's own, so that OpenAPI shows them."""
    return core_schema.no_info_after_validator_function(
        lambda text: clean(text, max_length, least=min_length, lines=lines),
        core_schema.str_schema(max_length=max_length, min_length=min_length or None),
    )


def fold(text: str) -> str:
    """Answer the key by which text is found whatever its case, accents and blanks.

    The key is at most four times as long as the text: a few characters stand for whole phrases.
    """
    # Marks go first, for bringing a long run of them into order would take quadratic time.
    bare = _without_marks(unicodedata.normalize("NFKD", _without_marks(text)))
    folded = _without_marks(unicodedata.normalize("NFKD", bare.casefold()))
    key = " ".join(folded.translate(_FOLDED_LETTERS).split())
    return key[: _MOST_GROWTH * len(text)].rstrip()


def _without_marks(text: str) -> str:
    """Drop combining marks and what has no width, such as joiners and soft hyphens."""
    if text.isascii():
        return text
    return "".join(
        character
        for character in text
        if not unicodedata.combining(character) and unicodedata.category(character) != "Cf"
    )


def trigrams(text: str) -> list[str]:
    """Answer the different runs of three characters in the folded text, sorted.

    A text holds another only if its trigrams hold all of the other's; under three characters there
    are none.
    """
    key = fold(text)
    return sorted({key[start : start + 3] for start in range(len(key) - 2)})


def like_pattern(text: str) -> str:
    r"""Make every character of the text mean itself in a LIKE pattern whose escape is \."""
    return re.sub(r"([\\%_])", r"\\\1", text)


_MAILBOX: Final = re.compile(
    r"(?P<local>[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<domain>[^@]+)",
    re.ASCII | re.IGNORECASE,
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOCAL_LENGTH: Final = 64
_LABEL_LENGTH: Final = 63
_DOMAIN_LENGTH: Final = 253


def _mailbox(address: str) -> str:
    """Refuse what is no plain mailbox; say nothing about whether it exists."""
    match = _MAILBOX.fullmatch(address)
    if (
        match is None
        or len(match["local"]) > _LOCAL_LENGTH
        or not _is_domain(_ascii_domain(match["domain"]))
        or unicodedata.normalize("NFKC", address) != address
    ):
        raise PydanticCustomError("email_invalid", "Input should be an e-mail address")
    return address


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return (
        len(labels) > 1
        and len(domain) <= _DOMAIN_LENGTH
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def _ascii_domain(domain: str) -> str:
    """Spell an international domain as it travels: each foreign label as xn-- and Punycode."""
    return ".".join(_ascii_label(label) for label in domain.lower().split("."))


def _ascii_label(label: str) -> str:
    if label.isascii() or len(label) > _LABEL_LENGTH or not _is_word(label):
        return label
    return "xn--" + unicodedata.normalize("NFC", label).encode("punycode").decode("ascii")


def _is_word(label: str) -> bool:
    return all(c == "-" or unicodedata.category(c)[0] in "LMN" for c in label)


Email = Annotated[
    str,
    Line(250, min_length=3),
    AfterValidator(_mailbox),
    Field(json_schema_extra={"format": "email"}),
]
"""An e-mail address as it was typed; a domain of mixed scripts passes: warning is the UI's task."""


def _without_controls(secret: SecretStr) -> SecretStr:
    if _CONTROL.search(secret.get_secret_value()):
        raise PydanticCustomError(
            "text_control_character", "Text should not have control characters"
        )
    return secret


Secret = Annotated[SecretStr, AfterValidator(_without_controls)]
"""A password or token, kept to the letter; NUL would end it early in some protocols."""


def _each_safe(value: dict[str, Any]) -> dict[str, Any]:
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            _refuse_unsafe(one, lines=True)
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
    return value


FreeForm = Annotated[dict[str, Any], AfterValidator(_each_safe)]
"""A JSON object of the caller's own making, whose texts can be kept and shown."""


def email_key(address: str) -> str:
    """Answer the key under which two spellings of one mailbox are equal; takes any text."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local.casefold()}{at}{_ascii_domain(domain)}"
