"""Turns the bytes of letters into text, whatever their senders claim about them."""

import re
from binascii import Error as NotBase64
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final

_ALIASES: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "windows-31j": "cp932",
}
_NO_CHARSETS: Final = frozenset(
    {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
"""Codecs of Python that no letter may ask for: they are slow, or mean something else."""
_UNWELCOME: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
MOST_ENCODED_WORDS: Final = 200


def decode(data: bytes, charset: str | None) -> str:
    """Answer the text; an unknown or wrong charset costs some characters, never an error."""
    name = (charset or "utf-8").strip("\"' ").lower()
    name = _ALIASES.get(name, name)
    for candidate in (name, "utf-8"):
        if candidate.replace("-", "_") in _NO_CHARSETS:
            continue
        try:
            return data.decode(candidate)
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", errors="replace")


def tidy(text: str, limit: int, *, lines: bool = False) -> str:
    r"""Answer at most `limit` characters without those that hide, steer or cannot be stored."""
    text = text[: 2 * limit].replace("\r\n", "\n").replace("\r", "\n")
    text = _UNWELCOME.sub("\ufffd" if lines else " ", text)
    return (text.strip() if lines else " ".join(text.split()))[:limit]


def decode_words(value: str, limit: int) -> str:
    """Answer the value of a header as one line of text (RFC 2047)."""
    value = decode(value.encode("utf-8", "surrogateescape"), None)
    if "=?" in value and value.count("=?") <= MOST_ENCODED_WORDS:
        try:
            parts = decode_header(value)
        except (HeaderParseError, NotBase64, ValueError):
            return tidy(value, limit)
        value = "".join(
            part if isinstance(part, str) else decode(part, charset) for part, charset in parts
        )
    return tidy(value, limit)
