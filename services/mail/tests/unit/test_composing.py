"""Outgoing letters as they travel."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.ids import uuid7
from kernel.text import clean
from mail.domain.composing import Draft, compose, wire
from mail.domain.letter import Address
from mail.domain.parsing import parse

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _safe(text: str) -> str:
    try:
        return clean(text, 400)
    except ValueError:
        return ""


LINES = st.text(max_size=300).map(_safe)


@settings(max_examples=150, deadline=None)
@given(subject=LINES, name=LINES, text=st.text(st.characters(codec="utf-8"), max_size=300))
def test_what_is_written_is_what_is_read(subject: str, name: str, text: str) -> None:
    message_id = uuid7()
    to = [Address("ann@bücher.example", name[:200])]
    draft = Draft(message_id, Address("s@x.example", name[:100]), to, [], subject, text, None)
    raw = compose(draft, AT)
    assert raw == compose(draft, AT)
    assert raw.isascii()  # no server on the way has a reason to write it anew
    letter = parse(raw)
    assert letter.rfc_id == f"<{message_id}@x.example>"
    assert letter.crm_id == str(message_id)
    assert letter.to[0].email == "ann@xn--bcher-kva.example"
    assert "".join(letter.subject.split()) == "".join(subject.split())
    assert letter.sent_at == AT
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert max(map(len, head.split(b"\r\n"))) < 998


def test_html_travels_beside_the_text_with_the_thread_it_belongs_to() -> None:
    draft = Draft(
        uuid7(),
        Address("s@x.example", "Sam"),
        [Address("a@x.example")],
        [Address("c@x.example")],
        "Hi",
        "text",
        "<p>html</p>",
        ["<1@x.example>", "<2@x.example>"],
    )
    message = message_from_bytes(compose(draft, AT), policy=policy.default)
    assert message.get_content_type() == "multipart/alternative"
    assert message["In-Reply-To"] == "<2@x.example>"
    assert message["References"] == "<1@x.example> <2@x.example>"
    assert message["Cc"] == "c@x.example"


def test_the_domain_of_an_address_travels_in_ascii() -> None:
    assert wire("Ann.B@BÜCHER.example") == "Ann.B@xn--bcher-kva.example"
    assert wire("Ann@x.example") == "Ann@x.example"
