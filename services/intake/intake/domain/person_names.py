"""Names of people: splitting a full name, and the titles in front of it (INT-007)."""

from dataclasses import dataclass
from typing import Final

from kernel.text import fold

_WRITTEN: Final = (
    "mr mrs ms miss mx sir dame lady lord dr drs prof professor rev hon "
    "herr frau dipl ing mag mme mlle m sr sra srta don dona dott ir pan pani"
)
_TITLES: Final = frozenset(_WRITTEN.split())
_TITLE_ONLY_WITH_DOT: Final = frozenset({"m", "don", "ing", "pan", "mag", "ir", "sir", "lord"})
"""These are also given or family names; they count as titles only when written as `M.`"""


LONGEST_PART: Final = 100
"""What a contact or request keeps of a first, middle or last name (INT-001, INT-147)."""


@dataclass(frozen=True)
class PersonName:
    """A name in its parts; `first` includes the titles in front of it."""

    first: str
    middle: str | None = None
    last: str | None = None

    @property
    def full(self) -> str:
        """Answer the parts as one line."""
        return " ".join(part for part in (self.first, self.middle, self.last) if part)

    def columns(self) -> dict[str, str | None]:
        """Answer the parts as a contact or request has them, each as long as it may be."""
        return {
            "first_name": self.first[:LONGEST_PART],
            "middle_name": self.middle and self.middle[:LONGEST_PART],
            "last_name": self.last and self.last[:LONGEST_PART],
        }


def is_title(word: str) -> bool:
    """Answer whether a word is a title such as `Dr.` or not."""
    bare = fold(word.rstrip(".,"))
    if bare in _TITLE_ONLY_WITH_DOT:
        return word.endswith(".")
    return bare in _TITLES


def is_only_title(name: str) -> bool:
    """Answer whether a name consists of titles and nothing else."""
    words = name.split()
    return bool(words) and all(is_title(word) for word in words)


def without_titles(name: str) -> str:
    """Answer a first name without the titles in front of it."""
    words = name.split()
    while words and is_title(words[0]):
        del words[0]
    return " ".join(words)


def split_name(full: str) -> PersonName:
    """Split on blanks: one word is the first name, two are first and last, the rest is between."""
    words = full.split()
    titles = 0
    while titles < len(words) - 1 and is_title(words[titles]):
        titles += 1
    first = " ".join(words[: titles + 1])
    rest = words[titles + 1 :]
    if not rest:
        return PersonName(first)
    return PersonName(first, " ".join(rest[:-1]) or None, rest[-1])
