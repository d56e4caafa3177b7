"""The pages visitors see: a form, a thank-you, and what was wrong. Plain HTML, without scripts."""

from collections.abc import Iterable
from html import escape
from typing import Final

from fastapi.responses import HTMLResponse

from kernel.errors import FieldError

STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}"
    "label{display:block;margin-top:.75rem}"
    "input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}"
    "button{font:inherit;margin-top:1rem;padding:.5rem 1.5rem}"
)
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
FIELDS: Final = (
    ("name", "Name", "text", 200, True),
    ("email", "E-mail", "email", 200, False),
    ("phone", "Phone", "tel", 200, False),
    ("company", "Company", "text", 200, False),
    ("country", "Country", "text", 40, False),
    ("city", "City", "text", 40, False),
    ("subject", "Subject", "text", 200, True),
)


def form_page(title: str) -> HTMLResponse:
    """Show a form that posts to the address it came from."""
    inputs = "".join(
        f'<label>{label}{" *" if required else ""}<input name="{name}" type="{kind}"'
        f' maxlength="{longest}"{" required" if required else ""}></label>'
        for name, label, kind, longest, required in FIELDS
    )
    return _page(
        title,
        f'<form method="post" accept-charset="utf-8">{inputs}'
        '<label>Message<textarea name="message" rows="8" maxlength="10000"></textarea></label>'
        "<p>Fields with * are needed, and an e-mail address or a phone number.</p>"
        '<button type="submit">Send</button></form>',
    )


def thanks_page(message: str, ticket: str) -> HTMLResponse:
    """Thank a visitor."""
    body = f"<p>{escape(message)}</p><p>Your reference: <b>{escape(ticket)}</b></p>"
    return _page("Thank you", body, 201)


def mistakes_page(errors: Iterable[FieldError], status: int) -> HTMLResponse:
    """Say what was wrong; the browser's way back keeps what was filled in."""
    mistakes = (": ".join(filter(None, (it.field.strip("/"), it.message))) for it in errors)
    items = "".join(f"<li>{escape(mistake)}</li>" for mistake in mistakes)
    return _page("Please correct this", f"<ul>{items}</ul><p>Go back to the form.</p>", status)


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    text = escape(title)
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{text}</title><style>{STYLE}</style><h1>{text}</h1>{body}</html>",
        status,
        headers={"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"},
    )
