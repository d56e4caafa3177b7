"""Attachments: downloaded one by one from the original, whatever they are and call themselves."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any, Final

import pytest

from mail.clients import parser as module

Raw = Callable[..., bytes]

PAGE: Final = b"<script>alert(1)</script>"
BASE64: Final = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
NAME: Final = b"..%2f..%2fRechnung%20%22%C3%BC%22%0D%0AX-Evil%3A%201%3B%E2%80%AE.html"


def _part(kind: bytes, name: bytes, content: bytes) -> bytes:
    disposition = b"\r\nContent-Disposition: attachment; " + name
    return b"Content-Type: " + kind + disposition + BASE64 + base64.b64encode(content)


PARTS: Final = (
    b"Content-Type: text/plain\r\n\r\nHi",
    _part(b"text/html", b"filename*=UTF-8''" + NAME, PAGE),
    _part(b"application/pdf", b'filename="offer.pdf"', b"%PDF-1.7"),
    b"Content-Type: message/rfc822\r\n\r\nSubject: inside\r\n\r\nfirst letter",
    _part(b"image/svg+xml", b'filename="=?utf-8?q?=C3=BC=2Esvg?="', b"<svg/>"),
)


def _letter(subject: str, *parts: bytes) -> bytes:
    head = (
        f"Message-ID: <files-{subject[-12:-1]}@x.example>\r\nFrom: ann@buyer.example\r\n"
        f"Subject: {subject}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    )
    return head.encode() + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


async def _arrived(office: Any, dovecot: Any, *parts: bytes) -> str:
    """Let a letter with these parts arrive; answers the path of its attachments."""
    deal = await office.add_deal()
    login = f"files-{deal.ticket}".lower()
    await office.add_mailbox(login)
    dovecot.deliver(login, _letter(f"Files [ticket:{deal.ticket}]", *parts))
    await office.sync()
    (letter,) = await office.letters_of(deal)
    return f"/v1/messages/{letter['id']}/attachments"


async def test_each_attachment_is_downloaded_as_it_was_and_harmless(
    office: Any, dovecot: Any
) -> None:
    """MAI-012, MAI-036: hostile names and types neither show, run nor forge a header."""
    path = await _arrived(office, dovecot, *PARTS)
    async with office.service.client(office.seller) as client:
        files = [await client.get(f"{path}/{number}") for number in range(1, 5)]
    assert [file.status_code for file in files] == [200] * 4
    assert [file.content for file in files] == [
        PAGE, b"%PDF-1.7", b"Subject: inside\n\nfirst letter", b"<svg/>",
    ]  # fmt: skip
    assert [file.headers["Content-Type"] for file in files] == [
        "application/octet-stream",
        "application/pdf",
        "application/octet-stream",
        "application/octet-stream",
    ]
    for file in files:
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in file.headers["Content-Security-Policy"]
        assert "X-Evil" not in file.headers
    names = [file.headers["Content-Disposition"] for file in files]
    assert all(name.startswith('attachment; filename="') for name in names)
    assert "/" not in names[0]
    assert names[0].count('"') == 2
    assert "Rechnung" in names[0]
    assert names[1] == "attachment; filename=\"offer.pdf\"; filename*=UTF-8''offer.pdf"
    assert names[3] == "attachment; filename=\"_.svg\"; filename*=UTF-8''%C3%BC.svg"


async def test_what_is_not_there_is_not_found(office: Any, dovecot: Any) -> None:
    """MAI-012, GAT-001: no such number, no original yet, or a letter that is removed."""
    path = await _arrived(office, dovecot, *PARTS)
    draft = await office.write(await office.add_deal())
    async with office.service.client(office.seller) as client:
        calls = {
            f"{path}/5": 404,
            f"{path}/500": 404,
            f"/v1/messages/{draft['id']}/attachments/1": 404,
            f"{path}/0": 422,
            f"{path}/501": 422,
            f"{path}/x": 422,
        }
        for url, status in calls.items():
            answer = await client.get(url)
            assert (answer.status_code, "problem" in answer.headers["Content-Type"]) == (
                status,
                True,
            ), url
        await client.delete(path.removesuffix("/attachments"))
        assert (await client.get(f"{path}/1")).status_code == 404


async def test_a_letter_that_kills_its_reader_harms_no_other_download(
    office: Any, dovecot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAI-012, C10."""
    path = await _arrived(office, dovecot, *PARTS)
    async with office.service.client(office.seller) as client:
        with monkeypatch.context() as hasty:
            hasty.setattr(module, "WALL_SECONDS", 0.0)
            assert (await client.get(f"{path}/2")).status_code == 404
        both = await asyncio.gather(*(client.get(f"{path}/{number}") for number in (1, 2)))
    assert [file.content for file in both] == [PAGE, b"%PDF-1.7"]
