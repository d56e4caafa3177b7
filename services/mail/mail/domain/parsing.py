"""Reads a letter from its original bytes. It never raises and looks before it leaps.

The standard parser needs minutes, or a deep stack, for letters made to hurt; so headers, parts and
depth are limited first, and what is left is read with plain structures only. A letter over a limit
is read roughly: its headers by pattern, its text not at all.
"""

import hashlib
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Any, Final

from mail.domain import markup
from mail.domain.charsets import decode, decode_words, tidy
from mail.domain.dates import read_date
from mail.domain.letter import Address, Attachment, Letter

MOST_HEADER_BYTES: Final = 256 * 1024
MOST_ONE_HEADER: Final = 64 * 1024
MOST_PARTS: Final = 500
MOST_DEPTH: Final = 20
MOST_ADDRESSES: Final = 1000
MOST_REFERENCES: Final = 100
MOST_TEXT: Final = 1_000_000
MOST_COMMENTS: Final = 50
MOST_KEPT_HEADERS: Final = 200
KEPT_VALUE: Final = 2000
SUBJECT: Final = 500
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,900}>")
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_BOUNDARY: Final = re.compile(rb"^--\S", re.MULTILINE)
_FIELD: Final = re.compile(rb"^([A-Za-z0-9-]{1,76}):[ \t]*(.{0,2000})", re.MULTILINE)
_UNSAFE_NAME: Final = re.compile(r'[\\/:*?"<>|]+')


class TooMuch(Exception):
    """The letter is over a limit; the argument names which."""


def parse(raw: bytes) -> Letter:
    """Read a letter as far as it can be read."""
    try:
        _look_first(raw)
        return _read(BytesParser(policy=compat32).parsebytes(raw), raw)
    except TooMuch as limit:
        return rough(raw, str(limit))
    except Exception as error:  # noqa: BLE001 - anybody may write us anything; the defect is stored
        return rough(raw, f"unreadable: {type(error).__name__}")


def attachment(raw: bytes, number: int) -> bytes | None:
    """Answer the decoded content of a letter's attachment, counted from one, if it has any.

    A letter inside the letter is answered whole.
    """
    try:
        _look_first(raw)
        body = _Body()
        body.read(BytesParser(policy=compat32).parsebytes(raw))
        part = body.files[number - 1]
        inner = part.get_payload()
        if isinstance(inner, list):
            return b"\n".join(one.as_bytes() for one in inner if isinstance(one, Message))
        return _content(part)
    except Exception:  # noqa: BLE001 - as above: nothing that anybody wrote may break us
        return None


def rough(raw: bytes, defect: str) -> Letter:
    """Read only what patterns find in the beginning of the headers."""
    head = raw[:MOST_HEADER_BYTES].split(b"\r\n\r\n", 1)[0].split(b"\n\n", 1)[0]
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(head)[:MOST_KEPT_HEADERS]:
        fields.setdefault(name.decode().lower(), decode(value, None))
    references = _ids(fields.get("references", ""))
    return Letter(
        rfc_id=_own_id(fields.get("message-id", ""), raw),
        subject=tidy(fields.get("subject", ""), SUBJECT),
        sender=_rough_address(fields.get("from", "")),
        in_reply_to=next(iter(_ids(fields.get("in-reply-to", ""))), None),
        references=references,
        crm_id=fields.get("x-crm-id", "").strip()[:100] or None,
        headers=tuple((name, tidy(value, KEPT_VALUE)) for name, value in fields.items()),
        defect=defect,
    )


def digest(raw: bytes) -> bytes:
    """Answer what tells two letters of one Message-ID apart: a hash of the body as it travelled.

    Headers differ between two copies of one letter, for each server on the way adds its own.
    """
    boundary = _BLANK.search(raw)
    body = raw[boundary.end() :] if boundary else b""
    return hashlib.sha256(body.replace(b"\r\n", b"\n").rstrip()).digest()


def _look_first(raw: bytes) -> None:
    boundary = _BLANK.search(raw, 0, MOST_HEADER_BYTES + 4)
    if boundary is None and len(raw) > MOST_HEADER_BYTES:
        raise TooMuch("the header is too large")
    if sum(1 for _ in _BOUNDARY.finditer(raw)) > 20 * MOST_PARTS:
        raise TooMuch("too many parts")


def _read(message: "Message[str, str]", raw: bytes) -> Letter:
    fields = [(name, _bounded(str(value))) for name, value in message.raw_items()]
    first: dict[str, str] = {}
    for name, value in fields:
        first.setdefault(name.lower(), value)
    body = _Body()
    body.read(message)
    html = markup.sanitise(body.html) if body.html else None
    text = body.text or (markup.plain(html) if html else "")
    return Letter(
        rfc_id=_own_id(first.get("message-id", ""), raw),
        subject=decode_words(first.get("subject", ""), SUBJECT),
        sender=next(iter(_addresses(first.get("from", ""))), Address("")),
        to=_addresses(first.get("to", "")),
        cc=_addresses(first.get("cc", "")),
        sent_at=read_date(tidy(first.get("date", ""), 100)),
        in_reply_to=next(iter(_ids(first.get("in-reply-to", ""))), None),
        references=_ids(first.get("references", "")),
        crm_id=tidy(first.get("x-crm-id", ""), 100) or None,
        text=tidy(text, MOST_TEXT, lines=True),
        html=None if html is None else tidy(html, markup.MOST_HTML, lines=True),
        attachments=tuple(map(_attachment, body.files)),
        headers=tuple(
            (tidy(name, 100), decode_words(value, KEPT_VALUE))
            for name, value in fields[:MOST_KEPT_HEADERS]
        ),
        defect=body.defect or ("the HTML is too large" if body.html and html is None else None),
    )


class _Body:
    """What is gathered on the way through the parts of a letter."""

    def __init__(self) -> None:
        self.text = ""
        self.html = ""
        self.files: list[Message[str, str]] = []
        self.defect: str | None = None

    def read(self, message: "Message[str, str]") -> None:
        for number, part in enumerate(self._leaves(message)):
            if number >= MOST_PARTS:
                self.defect = "too many parts"
                return
            self._take(part)

    def _leaves(self, message: "Message[str, str]") -> Iterator["Message[str, str]"]:
        waiting: list[tuple[Any, int]] = [(message, 0)]
        while waiting:
            part, depth = waiting.pop()
            if part.get_content_maintype() != "multipart" or not part.is_multipart():
                yield part
            elif depth >= MOST_DEPTH:
                self.defect = "the parts are nested too deeply"
            else:
                waiting += [(child, depth + 1) for child in reversed(part.get_payload())]

    def _take(self, part: "Message[str, str]") -> None:
        kind = part.get_content_type()
        attached = "attachment" in str(part.get("Content-Disposition", "")).lower()[:100]
        if kind in ("text/plain", "text/html") and not attached:
            text = decode(_content(part) or b"", _charset(part))
            if kind == "text/plain" and len(self.text) < MOST_TEXT:
                self.text += text
            elif kind == "text/html" and not self.html:
                self.html = text
        else:
            self.files.append(part)


def _attachment(part: "Message[str, str]") -> Attachment:
    try:
        name = decode_words(part.get_filename() or "", 200)
    except (LookupError, ValueError):  # a file name in a charset that does not exist
        name = ""
    content = _content(part)
    return Attachment(
        name=_UNSAFE_NAME.sub("_", name).strip(" .")[:150] or "attachment",
        media_type=tidy(part.get_content_type(), 100),
        size=None if content is None else len(content),
        content_id=tidy(str(part.get("Content-ID", "")), 200).strip("<>") or None,
    )


def _content(part: "Message[str, str]") -> bytes | None:
    """Answer the decoded bytes of a leaf; a letter inside the letter has none of its own."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else None


def _charset(part: "Message[str, str]") -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError):
        return None


def _bounded(value: str) -> str:
    if len(value) > MOST_ONE_HEADER:
        raise TooMuch("a header is too large")
    return value


def _addresses(value: str) -> tuple[Address, ...]:
    if value.count("(") > MOST_COMMENTS:  # comments nest, and the parser follows them down
        value = value.replace("(", "").replace(")", "")
    plain = decode(value.encode("utf-8", "surrogateescape"), None)
    pairs = getaddresses([plain])[:MOST_ADDRESSES]
    return tuple(
        Address(tidy(email, 320), decode_words(name, 200)) for name, email in pairs if "@" in email
    )


def _rough_address(value: str) -> Address:
    match = re.search(r"[^\s<>(),;:\"]{1,100}@[^\s<>(),;:\"]{1,200}", value[:KEPT_VALUE])
    return Address(tidy(match[0], 320)) if match else Address("")


def _ids(value: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(value))[-MOST_REFERENCES:]


def _own_id(value: str, raw: bytes) -> str:
    """Answer the letter's Message-ID; one without gets the hash of all its bytes."""
    for found in _ids(value):
        return tidy(found, 998)
    return f"<{hashlib.sha256(raw).hexdigest()}@no-message-id.invalid>"
