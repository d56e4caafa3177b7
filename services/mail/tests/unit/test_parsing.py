"""Reading letters: whatever comes, something is read, and soon."""

import base64
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.domain.letter import Address, Letter
from mail.domain.parsing import MOST_TEXT, attachment, digest, parse, rough

CORPUS = Path(__file__).parents[5] / "shared" / "data" / "05-email"
BOUNDARY = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"

BOMBS = {
    "words": b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx",
    "parts": BOUNDARY + b"--b\n\nx\n" * 100_000,
    "parts under the limit": BOUNDARY + b"--b\n\nx\n" * 9_900,
    "letters in letters": b"Content-Type: message/rfc822\n\n" * 1_000,
    "multiparts in multiparts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2_000)
    ),
    "brackets": b"To: " + b"(" * 20_000 + b"\n\nx",
    "divs": b"Content-Type: text/html\n\n" + b"<div>" * 100_000,
    "bolds": b"Content-Type: text/html\n\n" + b"<p><b>" * 100_000,
    "tables": b"Content-Type: text/html\n\n" + b"<table><tr><td>" * 60_000,
    "style": b"Content-Type: text/html\n\n<style>" + b"a{}" * 1_600_000,
    "punycode": b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 1_000_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"!" * 1_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_less_than_five_seconds(name: str) -> None:
    """Rows 43 and 44 of the list of bad input, E22, E23."""
    started = time.perf_counter()
    parse(BOMBS[name])
    assert attachment(BOMBS[name], 501) is None
    assert time.perf_counter() - started < 5


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the collection of letters {CORPUS} is not here")
def test_every_letter_of_the_collections_is_read_and_can_be_stored() -> None:
    """Row 43: damaged letters from the test suites of seven mail libraries, and real bounces."""
    paths = [path for path in CORPUS.glob("[mb]*/**/*") if path.is_file()]
    for path in paths:
        storable(parse(path.read_bytes()))
    assert len(paths) > 900


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "Subject",
                "From",
                "To",
                "Date",
                "Message-ID",
                "References",
                "Content-Type",
                "Content-Transfer-Encoding",
                "Content-Disposition",
            ]
        ),
        st.binary(max_size=80)
        | st.sampled_from(
            [
                b"multipart/mixed; boundary=b",
                b"text/html; charset=x",
                b"base64",
                b"quoted-printable",
                b"attachment; filename*=no-such'en'%ff",
                b"=?utf-8?b?w6k?=",
                b"message/rfc822",
            ]
        ),
    ),
    st.binary(max_size=300),
)
def test_no_letter_makes_reading_fail(headers: dict[str, bytes], body: bytes) -> None:
    raw = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers.items())
    letter = parse(raw + b"\r\n" + body)
    storable(letter)
    assert "unreadable" not in (letter.defect or "")
    storable(rough(raw, "as if"))


def storable(letter: Letter) -> None:
    """Check that a database takes every text of a letter."""
    everything = repr(letter)
    assert "\x00" not in letter.text + letter.subject + (letter.html or "")
    everything.encode()
    assert len(letter.rfc_id) <= 998
    assert letter.rfc_id.isascii()


def test_a_plain_letter_is_read_as_it_was_written() -> None:
    """MAI-012."""
    raw = (
        b"Message-ID: <1@x.example>\r\nFrom: =?utf-8?q?J=C3=BCrgen?= <j@x.example>\r\n"
        b"To: a@x.example, B <b@x.example>\r\nCc: c@x.example\r\n"
        b"Date: Fri, 20 Nov 2026 12:00:00 +0100\r\nIn-Reply-To: <0@x.example>\r\n"
        b"References: <y@x.example>\r\n <0@x.example>\r\n"
        b"Subject: =?utf-8?b?w5xiZXI=?= =?utf-8?q?_uns?=\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
        b"--c\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n"
        b"--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<p>Hi<img src=cid:1><img src=http://spy.example/></p>\r\n--c--\r\n"
        b"--b\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="../../of\xfcer\x00.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"12345") + b"\r\n--b--\r\n"
    )
    letter = parse(raw)
    assert letter.rfc_id == "<1@x.example>"
    assert letter.sender == Address("j@x.example", "Jürgen")
    assert letter.to == (Address("a@x.example"), Address("b@x.example", "B"))
    assert letter.cc == (Address("c@x.example"),)
    assert letter.sent_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert letter.answers == ("<0@x.example>", "<y@x.example>")
    assert letter.subject == "Über uns"
    assert letter.text == "Grüße"
    assert letter.html == '<p>Hi<img src="cid:1"><img></p>'
    (file,) = letter.attachments
    assert (file.media_type, file.size) == ("application/pdf", 5)
    assert "/" not in file.name
    assert letter.defect is None


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("x-unknown", "é".encode(), "é"),
        ("utf-8", "é".encode("latin-1"), "é"),
        ("gb2312", "中文".encode("gb18030"), "中文"),
        ("windows-1251", "Привет".encode("cp1251"), "Привет"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("hex", b"plain", "plain"),
        ("us-ascii", "é".encode(), "é"),
    ],
)
def test_text_survives_a_wrong_or_unknown_charset(charset: str, data: bytes, text: str) -> None:
    head = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert parse(head + data).text == text


def test_html_alone_gives_the_text_too_and_nul_never_reaches_the_database() -> None:
    html = b"Content-Type: text/html\r\n\r\n<div>One</div><p>Two &amp; three<br>four"
    assert parse(html).text == "One\nTwo & three\nfour"
    letter = parse(b"Subject: a\x00b\r\n\r\nx\x00y\x1bz")
    assert (letter.subject, letter.text) == ("a b", "x\ufffdy\ufffdz")
    assert len(parse(b"\r\n\r\n" + b"a" * 3_000_000).text) == MOST_TEXT


def test_a_letter_without_message_id_is_named_by_its_bytes() -> None:
    """MAI-010."""
    one, two = parse(b"Subject: a\r\n\r\nx"), parse(b"Subject: a\r\n\r\ny")
    assert one.rfc_id != two.rfc_id
    assert one.rfc_id == parse(b"Subject: a\r\n\r\nx").rfc_id


def test_the_digest_is_that_of_the_body_whatever_servers_add_on_the_way() -> None:
    """MAI-010."""
    assert digest(b"A: 1\r\n\r\nbody\r\n") == digest(b"Received: x\nA: 1\n\nbody\n\n")
    assert digest(b"A: 1\r\n\r\nbody") != digest(b"A: 1\r\n\r\nother")
