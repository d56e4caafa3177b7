"""Reads what an IMAP server says in answer to LIST, EXAMINE and FETCH."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mail.domain.dates import read_date


@dataclass(frozen=True)
class FolderState:
    """What EXAMINE tells."""

    uidvalidity: int
    newest_uid: int


@dataclass(frozen=True)
class Head:
    """One letter of a folder before its content is fetched."""

    uid: int
    size: int
    rfc_id: str = ""
    arrived_at: datetime | None = None


_LISTED: Final = re.compile(rb'(?:LIST )?\((?P<flags>[^)]*)\) (?:"(?:\\.|[^"])+"|NIL) (?P<name>.+)')
_UIDVALIDITY: Final = re.compile(rb"UIDVALIDITY (\d{1,10})")
_UIDNEXT: Final = re.compile(rb"UIDNEXT (\d{1,10})")
_ITEM: Final = re.compile(rb"^\d+ FETCH \(")
_UID: Final = re.compile(rb"\bUID (\d{1,10})")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_ARRIVED: Final = re.compile(rb'INTERNALDATE "([^"]{1,40})"')
_HEADER_ID: Final = re.compile(rb"<[!-;=?-~]{1,900}>")


def said(lines: Sequence[bytes]) -> str:
    """Answer the server's own words, the last line of its answer."""
    return b" ".join(lines[-1:]).decode("utf-8", "replace")[:300]


def folders(lines: Sequence[bytes]) -> list[tuple[str, tuple[str, ...]]]:
    """Answer the name of each folder, as the server writes it, and its flags."""
    found = (_LISTED.match(line) for line in lines if isinstance(line, bytes))
    return [
        (_unquoted(match["name"].decode("ascii", "replace")), tuple(_words(match["flags"])))
        for match in found
        if match
    ]


def folder_state(lines: Sequence[bytes]) -> FolderState | None:
    """Answer the state of an opened folder, unless the server keeps it to itself."""
    text = b"\n".join(line for line in lines if isinstance(line, bytes))
    uidvalidity, uidnext = _number(_UIDVALIDITY, text), _number(_UIDNEXT, text)
    if uidvalidity is None or uidnext is None:
        return None
    return FolderState(uidvalidity, uidnext - 1)


def _items(lines: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Group the lines of a FETCH by letter: what was said about it, and its one literal."""
    items: list[tuple[bytes, bytes]] = []
    for line in lines:
        if isinstance(line, bytearray):  # the library's mark of a literal
            if items:
                items[-1] = (items[-1][0], bytes(line))
        elif _ITEM.match(line):
            items.append((line, b""))
        elif items:
            items[-1] = (items[-1][0] + b" " + line, items[-1][1])
    return items


def uids(lines: Sequence[bytes]) -> list[int]:
    """Answer the numbers a SEARCH found, in order."""
    found = (word for line in lines[:-1] for word in line.split())
    return sorted({int(word) for word in found if word.isdigit()})


def contents(lines: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Answer UID and literal of each letter."""
    found = ((_number(_UID, words), literal) for words, literal in _items(lines))
    return [(uid, literal) for uid, literal in found if uid is not None and literal]


def heads(lines: Sequence[bytes]) -> list[Head]:
    """Answer UID, size and what else was asked for of each letter."""
    found: list[Head] = []
    for words, literal in _items(lines):
        uid = _number(_UID, words)
        if uid is None:
            continue
        rfc_id = _HEADER_ID.search(literal)
        found.append(
            Head(
                uid,
                _number(_SIZE, words) or 0,
                rfc_id[0].decode("utf-8", "replace") if rfc_id else "",
                _arrived(words),
            )
        )
    return found


def _arrived(words: bytes) -> datetime | None:
    match = _ARRIVED.search(words)
    return read_date(match[1].decode("ascii", "replace").replace("-", " ", 2)) if match else None


def _number(pattern: "re.Pattern[bytes]", text: bytes) -> int | None:
    match = pattern.search(text)
    return int(match[1]) if match else None


def _words(flags: bytes) -> list[str]:
    return flags.decode("ascii", "replace").split()


def _unquoted(name: str) -> str:
    if name.startswith('"') and name.endswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name
