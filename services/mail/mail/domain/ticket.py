"""The ticket that ties letters to a request or deal: `[ticket:XXXXXXXXXXX]` (MAI-016, MAI-017)."""

import re
from html import escape
from typing import Final

_MARK: Final = re.compile(r"\[ticket:([A-Za-z0-9_-]{11})\]")
MOST_TICKETS: Final = 20


def mark(ticket: str) -> str:
    """Answer the ticket as it stands in a letter."""
    return f"[ticket:{ticket}]"


def tickets_in(text: str) -> tuple[str, ...]:
    """Answer the different tickets of a text in order of appearance, at most twenty."""
    return tuple(dict.fromkeys(_MARK.findall(text)))[:MOST_TICKETS]


def in_subject(subject: str, ticket: str) -> str:
    """Answer the subject with this ticket, and no other, at its end; twice changes nothing."""
    bare = " ".join(_MARK.sub(" ", subject).split())
    return f"{bare} {mark(ticket)}".lstrip()


def in_text(text: str, ticket: str) -> str:
    """Answer the text with the ticket in its footer, unless the text holds it already."""
    if mark(ticket) in text:
        return text
    return f"{text.rstrip()}\n\n{mark(ticket)}\n"


def in_html(html: str, ticket: str) -> str:
    """Answer the HTML with the ticket in its footer, unless it holds it already."""
    if mark(ticket) in html:
        return html
    return f"{html}<p>{escape(mark(ticket))}</p>"
