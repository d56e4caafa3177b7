"""Reading from servers that hang up, fall silent, drip or lie: it always ends, and soon."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, create_default_context
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from kernel import clock
from mail.clients import imap
from mail.models import Mailbox

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HASTY = imap.Limits(0.6, 0.6, 0.6, 0.6)
ANSWERS = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 SASL-IR",
    "LOGIN": "",
    "LIST": '* LIST (\\HasNoChildren) "/" INBOX',
    "EXAMINE": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok",
    "SEARCH": "* SEARCH 1 2 3",
    "LOGOUT": "* BYE bye",
}


async def polite(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, until: str
) -> str | None:
    """Answer as a server should, until the command `until`, whose tag is answered."""
    while line := (await reader.readline()).decode():
        tag, _, rest = line.strip().partition(" ")
        name = rest.removeprefix("UID ").split(" ")[0]
        if name == until:
            return tag
        await say(writer, *filter(None, [ANSWERS.get(name)]), f"{tag} OK done")
    return None


async def say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()


@asynccontextmanager
async def serving(
    script: Script, tls: SSLContext | None = None, limits: imap.Limits = HASTY
) -> AsyncIterator[imap.Server]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
            await reader.read()
        except OSError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    yield imap.Server("127.0.0.1", port, "none", "sam", "secret", limits=limits)
    server.close()


async def read_all(server: imap.Server) -> dict[int, bytes]:
    async with imap.open_mailbox(server) as connection:
        await connection.folders()
        state = await connection.examine("INBOX")
        uids = await connection.uids(1, state.newest_uid)
        await connection.heads(uids)
        return await connection.originals(uids)


def bye_instead_of_greeting() -> Script:
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* BYE too many")

    return script


def silence(until: str) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        await polite(reader, writer, until)

    return script


def then(until: str, *lines: str, cut: bool = False) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        tag = await polite(reader, writer, until)
        await say(writer, *(line.replace("TAG", tag or "") for line in lines))
        if cut:
            writer.transport.abort()

    return script


def drip(until: str) -> Script:
    """Send a letter a byte at a time, so that no single wait is ever long."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        await polite(reader, writer, until)
        writer.write(b"* 1 FETCH (UID 1 BODY[] {100000}\r\n")
        for _ in range(100_000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)  # the drip itself

    return script


HOSTILE: dict[str, Script] = {
    "BYE as greeting": bye_instead_of_greeting(),
    "silence before the greeting": lambda _r, _w: asyncio.sleep(0),
    "silence at log-in": silence("LOGIN"),
    "silence at EXAMINE": silence("EXAMINE"),
    "silence at SEARCH": silence("SEARCH"),
    "silence at FETCH": silence("FETCH"),
    "cut at log-in": then("LOGIN", cut=True),
    "BYE and cut at EXAMINE": then("EXAMINE", "* BYE going down", cut=True),
    "cut at FETCH": then("FETCH", "* 1 FETCH (UID 1 RFC822.SIZE 10", cut=True),
    "stall inside a literal": then("FETCH", "* 1 FETCH (UID 1 BODY[] {5000}", "Subject: x"),
    "one byte at a time": drip("FETCH"),
    "no to log-in": then("LOGIN", "TAG NO wrong password"),
    "bad to EXAMINE": then("EXAMINE", "TAG BAD what?"),
    "another tag": then("EXAMINE", "* 1 EXISTS", "ZZZ9 OK done"),
    "no UIDVALIDITY": then("EXAMINE", "TAG OK done"),
    "ten thousand lines": then("SEARCH", *(f"* {n} RECENT" for n in range(10_000))),
    "unbalanced brackets": then("FETCH", "* 1 FETCH (UID 1 ((((", "TAG OK done"),
    "no UIDs": then("FETCH", "* 1 FETCH (FLAGS (\\Seen))", "* 2 FETCH ()"),
    "a literal of a terabyte": then("FETCH", "* 1 FETCH (UID 1 BODY[] {1000000000000}", "x"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_server_ends_in_an_error_within_its_deadline(name: str) -> None:
    """C3, E20: BYE, reset, stall, drip and nonsense never hang the reader."""
    async with serving(HOSTILE[name]) as server:
        started = time.perf_counter()
        with suppress(imap.ImapError):
            async with asyncio.timeout(5):
                assert await read_all(server) == {}
        assert time.perf_counter() - started < 3
    left = [task for task in asyncio.all_tasks() if "imap" in repr(task.get_coro()).lower()]
    assert left == []


async def test_an_answer_that_is_too_large_cuts_the_connection() -> None:
    small = imap.Limits(answer_bytes=100_000)
    lines = ["* 1 FETCH (UID 1 BODY[] {900000}", "x" * 900_000, ")", "TAG OK done"]
    async with serving(then("FETCH", *lines), limits=small) as server:
        with pytest.raises(imap.ImapLost, match="too large"):
            await read_all(server)


async def test_the_largest_numbers_of_imap_are_stored(office: Any) -> None:
    """UIDs and UIDVALIDITY have 32 bits without a sign, sizes may have more."""
    deal = await office.add_deal()
    raw = f"Subject: [ticket:{deal.ticket}]\r\n\r\nx"
    head = "BODY[HEADER.FIELDS (MESSAGE-ID)] {0}"

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        tag = await polite(reader, writer, "EXAMINE")
        await say(writer, "* OK [UIDVALIDITY 4294967295]", "* OK [UIDNEXT 4294967295]")
        await say(writer, f"{tag} OK [READ-ONLY] done")
        for _ in range(2):
            tag = await polite(reader, writer, "SEARCH")
            await say(writer, "* SEARCH 4294967294", f"{tag} OK done")
        tag = await polite(reader, writer, "FETCH")
        await say(writer, f"* 1 FETCH (UID 4294967294 RFC822.SIZE 99999999999 {head}", ")")
        await say(writer, f"{tag} OK done")
        tag = await polite(reader, writer, "FETCH")
        await say(writer, f"* 1 FETCH (UID 4294967294 BODY[]<0> {{{len(raw)}}}", f"{raw})")
        await say(writer, f"{tag} OK done")
        await polite(reader, writer, "nothing more")

    async with serving(script) as server:
        imap_at = {"host": "127.0.0.1", "port": server.port, "security": "none"}
        await office.add_mailbox("large", imap=imap_at)
        await office.sync()
    (letter,) = await office.letters_of(deal)
    assert "too large" in letter["defect"]


async def test_a_mailbox_in_trouble_is_told_once_a_streak_and_waits_longer_each_time(
    office: Any, dovecot: Any
) -> None:
    """EVT-062; the secret does not appear although the server repeats it (MAI-002)."""
    echo = then("LOGIN", f"TAG NO [AUTHENTICATIONFAILED] {office.password} is wrong")
    async with serving(echo) as server:
        box = await office.add_mailbox(
            "bad", imap={"host": "127.0.0.1", "port": server.port, "security": "none"}
        )
        pauses = []
        for _ in range(3):
            await office.sync()
            pauses.append(await _pause(office))
    assert pauses == [240, 480, 960]
    (told,) = await office.service.said("mail.mailbox.failed")
    assert told.data["mailbox_id"] == box["id"]
    assert told.data["error"] == "[AUTHENTICATIONFAILED] *** is wrong"
    async with office.service.client(office.admin) as client:
        path = f"/v1/mailboxes/{box['id']}"
        state = (await client.get(path)).json()
        assert (state["state"], state["last_error"]) == ("failing", told.data["error"])
        good = office.mailbox_body("bad")["imap"]
        await client.patch(path, json={"imap": good})
        await office.sync()
        assert (await client.get(path)).json()["state"] == "ok"
        gone = {"host": "127.0.0.1", "port": 1, "security": "none"}
        await client.patch(path, json={"imap": gone})
    await office.sync()
    assert len(await office.service.said("mail.mailbox.failed")) == 2


async def _pause(office: Any) -> int:
    async with office.service.database.engine.connect() as connection:
        due: dt.datetime = (await connection.execute(select(Mailbox.next_due))).scalar_one()
    return round((due - clock.now()).total_seconds())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[SSLContext, SSLContext]:
    """Answer contexts of a server with an own certificate, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - dt.timedelta(days=1))
        .not_valid_after(clock.now() + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = SSLContext(PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, create_default_context(cafile=str(path))


LETTER = ("* 1 FETCH (UID 1 BODY[] {9}", "Subject: ) UID 2)", "TAG OK done")
HEADS = ("* 1 FETCH (UID 1 RFC822.SIZE 9 BODY[HEADER.FIELDS (MESSAGE-ID)] {0}", ")", "TAG OK done")


async def _one_letter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for lines in (HEADS, LETTER):
        tag = await polite(reader, writer, "FETCH")
        await say(writer, *(line.replace("TAG", tag or "") for line in lines))
    await polite(reader, writer, "nothing more")


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_mailbox_is_read_over_tls_and_over_starttls(
    certificate: tuple[SSLContext, SSLContext], security: str
) -> None:
    """MAI-001: security TLS or STARTTLS; a certificate nobody vouches for is refused."""
    ours, trusting = certificate
    logins: list[str] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        if security == "starttls":
            tag = await polite(reader, writer, "STARTTLS")
            await say(writer, f"{tag} OK go on")
            await writer.start_tls(ours)
        tag = await polite(reader, writer, "AUTHENTICATE")
        logins.append(tag or "")
        await say(writer, f"{tag} OK welcome")
        await _one_letter(reader, writer)

    async with serving(script, ours if security == "tls" else None) as server:
        for tls in (trusting, None):
            known = imap.Server("localhost", server.port, security, "sam", "gehéim", tls=tls)
            if tls:
                assert await read_all(known) == {1: b"Subject: "}
            else:
                with pytest.raises(imap.ImapLost, match="certificate"):
                    await read_all(known)
    assert len(logins) == 1
