"""The HTML of letters, made inert: no script, no style, nothing fetched from elsewhere."""

import re
from html import unescape
from typing import Final

import nh3

MOST_HTML: Final = 1_000_000
MOST_DEPTH: Final = 200
_SCHEMES: Final = {"http", "https", "mailto", "tel", "cid"}
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_UNCLOSED: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
    | {"p", "li", "td", "tr", "th", "dt", "dd", "option", "tbody", "thead", "tfoot"}
)
"""Elements that have no end tag, or may leave it out: they say nothing about depth."""
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^>]{0,200}>", re.IGNORECASE)
_TAGS: Final = nh3.ALLOWED_TAGS - {"math", "svg"}


def sanitise(html: str) -> str | None:
    """Answer harmless HTML, or none if it is too large or too deep to be looked at."""
    if len(html) > MOST_HTML or _depth(html) > MOST_DEPTH:
        return None
    return nh3.clean(html, tags=_TAGS, url_schemes=_SCHEMES, attribute_filter=_keep)


def plain(html: str) -> str:
    """Answer the text of sanitised HTML."""
    return unescape(nh3.clean(_BREAK.sub("\n", html), tags=set()))


def _keep(tag: str, attribute: str, value: str) -> str | None:
    """Drop the address of remote pictures: looking at a letter must not tell its sender."""
    if tag == "img" and attribute == "src" and not value.lower().startswith("cid:"):
        return None
    return value


def _depth(html: str) -> int:
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _UNCLOSED:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest
