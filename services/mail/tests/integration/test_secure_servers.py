"""Mail servers that speak TLS, with the certificate of an authority of one's own, and tokens."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from services.mail.tests.dovecot_server import FOREIGN_PASSWORD

from mail.clients.server import trusting
from mail.worker import create_worker

Raw = Callable[..., bytes]
HOST = "localhost"


@pytest.fixture(params=["tls", "starttls"])
def security(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def _imap(dovecot: Any, security: str, host: str = HOST) -> dict[str, Any]:
    port = dovecot.tls_port if security == "tls" else dovecot.port
    return {"host": host, "port": port, "security": security}


def _smtp(smtp: Any, security: str, host: str = HOST) -> dict[str, Any]:
    port = smtp.tls_port if security == "tls" else smtp.starttls_port
    return {"host": host, "port": port, "security": security}


def _fields(tokens: Any, kind: str, user: str) -> dict[str, Any]:
    """Answer the secret of a mailbox: a token, a password beyond ASCII, or the usual one."""
    if kind == "token":
        return {"secret": tokens.issue(user), "secret_kind": "oauth2_token"}
    return {"secret": FOREIGN_PASSWORD} if kind == "foreign" else {}


@pytest.mark.parametrize("kind", ["password", "foreign", "token"])
async def test_a_mailbox_is_read_over_tls(
    office: Any, dovecot: Any, write_raw: Raw, *, security: str, kind: str
) -> None:
    """MAI-001, MAI-008: security TLS or STARTTLS; log-in by password or OAuth2 token."""
    user = f"read-{security}-{kind}"
    fields = _fields(dovecot.tokens, kind, user)
    box = await office.add_mailbox(user, imap=_imap(dovecot, security), **fields)
    assert box["imap"] == _imap(dovecot, security)
    assert box["secret_kind"] == fields.get("secret_kind", "password")
    deal = await office.add_deal()
    dovecot.deliver(user, write_raw(f"[ticket:{deal.ticket}]"))
    await office.sync()
    assert len(await office.letters_of(deal)) == 1
    (login,) = dovecot.logins(user)
    assert "TLS" in login
    assert ("method=XOAUTH2" in login) is (kind == "token")


@pytest.mark.parametrize("kind", ["password", "token"])
async def test_a_letter_is_sent_over_tls(
    office: Any, smtp: Any, *, security: str, kind: str
) -> None:
    """MAI-001, MAI-028: the servers here hear no log-in before the line is encrypted."""
    user = f"send-{security}-{kind}"
    fields = _fields(smtp.tokens, kind, user)
    await office.add_mailbox(user, smtp=_smtp(smtp, security), **fields)
    letter = await office.write(await office.add_deal())
    await office.order(letter)
    await office.deliver_queue()
    sent = await office.read(letter)
    assert (sent["state"], sent["error"]) == ("sent", None)
    assert len(smtp.taken) == 1
    ((mechanism, login, secret),) = smtp.logins
    assert (login, secret) == (user, fields.get("secret", smtp.password))
    assert (mechanism == "XOAUTH2") is (kind == "token")


@pytest.mark.parametrize(
    ("host", "trusted"), [(HOST, False), ("127.0.0.1", True)], ids=["nobody vouches", "other host"]
)
async def test_a_server_that_cannot_prove_who_it_is_hears_no_secret(
    office: Any, dovecot: Any, smtp: Any, security: str, host: str, *, trusted: bool
) -> None:
    """MAI-001, MAI-002: the certificate must be vouched for, and be that of this very host."""
    user = f"proof-{security}-{trusted}".lower()
    imap, smtp_at = _imap(dovecot, security, host), _smtp(smtp, security, host)
    box = await office.add_mailbox(user, imap=imap, smtp=smtp_at)
    if not trusted:
        office.access = replace(office.access, tls=trusting(None))
    letter = await office.write(await office.add_deal())
    await office.order(letter)
    await office.deliver_queue()
    await office.sync()
    waiting = await office.read(letter)
    assert waiting["state"] == "queued"
    assert "certificate" in waiting["error"].lower()
    async with office.service.client(office.seller) as client:
        state = (await client.get(f"/v1/mailboxes/{box['id']}")).json()
    assert state["state"] == "failing"
    assert "certificate" in state["last_error"].lower()
    assert (smtp.taken, smtp.logins) == ([], [])
    assert not any("Login:" in line for line in dovecot.logins(user))


async def test_a_token_that_is_over_is_refused_at_once_and_a_new_one_helps(
    office: Any, dovecot: Any, smtp: Any, tokens: Any, security: str
) -> None:
    """MAI-001, MAI-002: servers refuse a token by a challenge, and wait for a word to it."""
    user = f"over-{security}"
    box = await office.add_mailbox(
        user,
        imap=_imap(dovecot, security),
        smtp=_smtp(smtp, security),
        secret=tokens.issue(user, timedelta(hours=-1)),
        secret_kind="oauth2_token",
    )
    letter = await office.write(await office.add_deal())
    await office.order(letter)
    async with asyncio.timeout(10):
        await office.deliver_queue()
        await office.sync()
    failed = await office.read(letter)
    assert (failed["state"], failed["deliveries"][0]["code"]) == ("failed", 535)
    path = f"/v1/mailboxes/{box['id']}"
    async with office.service.client(office.seller) as client:
        state = (await client.get(path)).json()
        assert state["state"] == "failing"
        assert "AUTHENTICATIONFAILED" in state["last_error"]
        new = {"secret": tokens.issue(user), "secret_kind": "oauth2_token"}
        assert (await client.put(f"{path}/secret", json=new)).status_code == 200
        await office.order(letter)
        await office.deliver_queue()
        await office.sync()
        assert (await office.read(letter))["state"] == "sent"
        assert (await client.get(path)).json()["state"] == "ok"


async def test_a_server_without_starttls_is_not_spoken_to(office: Any, smtp: Any) -> None:
    """MAI-001: no fall-back to the open line."""
    await office.add_mailbox("bare", smtp={"host": HOST, "port": smtp.port, "security": "starttls"})
    letter = await office.write(await office.add_deal())
    await office.order(letter)
    await office.deliver_queue()
    waiting = await office.read(letter)
    assert waiting["state"] == "queued"
    assert "STARTTLS" in waiting["error"]
    assert (smtp.taken, smtp.logins) == ([], [])


async def test_a_letter_is_on_its_deal_within_an_interval_and_ten_seconds(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-008, MAI-014: the worker reads by itself, over TLS, trusting the file of the settings."""
    seconds = 5
    settings = office.settings.model_copy(update={"mail_sync_seconds": seconds})
    box = await office.add_mailbox("interval", imap=_imap(dovecot, "tls"))
    deal = await office.add_deal()
    running = asyncio.create_task(create_worker(settings).run(["sync"]))
    async with office.service.client(office.seller) as client:
        async with asyncio.timeout(seconds + 10):
            while not (await client.get(f"/v1/mailboxes/{box['id']}")).json()["last_sync_at"]:
                await asyncio.sleep(0.05)  # between two looks
        dovecot.deliver("interval", write_raw(f"[ticket:{deal.ticket}]"))
        async with asyncio.timeout(seconds + 10):
            while not await office.letters_of(deal):
                await asyncio.sleep(0.05)  # between two looks
    running.cancel()
    await asyncio.wait({running})
