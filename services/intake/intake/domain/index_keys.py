"""Texts as an index can hold them: folded, and short enough for a row of a B-tree."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from kernel.text import fold, trigrams

LONGEST = 200


def index_key(text: str) -> str:
    """Answer the text itself, or a digest of one that is too long for an index."""
    return text if len(text) <= LONGEST else hashlib.sha256(text.encode()).hexdigest()


def name_key(name: str) -> str:
    """Answer the key under which two spellings of a name are the same name."""
    return index_key(fold(name))


def sort_key(name: str) -> str:
    """Answer what a list is sorted by: the beginning of the folded name."""
    return fold(name)[:LONGEST]


@dataclass(frozen=True)
class SearchColumns:
    """A record's texts, one a line, and every trigram that occurs in a line."""

    key: str
    trigrams: list[str]


def search_columns(texts: Iterable[str | None], phones: Iterable[str | None] = ()) -> SearchColumns:
    """Answer the columns by which a record is found: its texts, and its phones by their digits."""
    parts = [fold(text) for text in texts if text]
    parts += sorted({digits for phone in phones if phone and (digits := digits_of(phone))})
    grams = sorted({gram for part in parts for gram in trigrams(part)})
    return SearchColumns("\n".join(parts), grams)


def digits_of(text: str) -> str:
    """Answer the decimal digits in a text, whatever their script, in ASCII."""
    return "".join(str(int(character)) for character in text if character.isdecimal())
