"""Reading from servers that hang up, fall silent, drip or lie: it always ends, and soon."""

import asyncio
import base64
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from kernel import clock
from mail.clients import imap
from mail.clients.server import Server, trusting
from mail.commands import syncing
from mail.models import Folder, Mailbox

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
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    until: str,
    asked: list[str] | None = None,
) -> str | None:
    """Answer as a server should, until the command `until`, whose tag is answered.

    What that command asks for is noted in `asked`.
    """
    while line := (await reader.readline()).decode():
        tag, _, rest = line.strip().partition(" ")
        name, _, arguments = rest.removeprefix("UID ").partition(" ")
        if name == until:
            if asked is not None:
                asked.append(arguments)
            return tag
        await say(writer, *filter(None, [ANSWERS.get(name)]), f"{tag} OK done")
    return None


async def say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Server]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
            await reader.read()
        except OSError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield Server("127.0.0.1", port, "none", "sam", "secret", "password", trusting(None))
    server.close()


async def read_all(server: Server, limits: imap.Limits = HASTY) -> dict[int, bytes]:
    async with imap.open_mailbox(server, limits) as connection:
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
    async with serving(then("FETCH", *lines)) as server:
        with pytest.raises(imap.ImapLost, match="too large"):
            await read_all(server, small)


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
        await client.put(f"{path}/secret", json={"secret": office.password})
        await office.sync()
        assert (await client.get(path)).json()["state"] == "ok"
        gone = {"host": "127.0.0.1", "port": 1, "security": "none"}
        await client.patch(path, json={"imap": gone})
        await client.put(f"{path}/secret", json={"secret": office.password})
    await office.sync()
    assert len(await office.service.said("mail.mailbox.failed")) == 2


async def _pause(office: Any) -> int:
    async with office.service.database.engine.connect() as connection:
        due: dt.datetime = (await connection.execute(select(Mailbox.next_due))).scalar_one()
    return round((due - clock.now()).total_seconds())


async def test_a_server_that_will_not_encrypt_never_hears_the_password() -> None:
    """MAI-001: STARTTLS is no wish."""
    heard: list[bytes] = []
    gone = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        tag = await polite(reader, writer, "STARTTLS")
        await say(writer, f"{tag} NO not today")
        with suppress(ConnectionError):
            heard.extend([line async for line in reader])
        gone.set()

    async with serving(script) as server:
        with pytest.raises(imap.ImapRefused, match="not today"):
            await read_all(replace(server, security="starttls"))
        await asyncio.wait_for(gone.wait(), 5)
    assert heard == []


@pytest.mark.parametrize("kind", ["password", "oauth2_token"])
async def test_a_server_that_takes_no_log_in_at_once_is_told_when_it_asks(kind: str) -> None:
    """MAI-001: SASL-IR is an extension (RFC 4959); a refusal by challenge ends at once."""
    heard: list[str] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        tag = await polite(reader, writer, "CAPABILITY")
        await say(writer, "* CAPABILITY IMAP4rev1", f"{tag} OK done")
        tag = await polite(reader, writer, "AUTHENTICATE")
        await say(writer, "+ ")
        heard.append(base64.b64decode(await reader.readline()).decode())
        await say(writer, "+ eyJzdGF0dXMiOiI0MDEifQ==")
        heard.append((await reader.readline()).decode())
        await say(writer, f"{tag} NO wrong")

    async with serving(script) as server:
        with pytest.raises(imap.ImapRefused, match="wrong"):
            await read_all(replace(server, secret="gehéim", secret_kind=kind))
    words = {
        "password": "\0sam\0gehéim",
        "oauth2_token": "user=sam\1auth=Bearer gehéim\1\1",
    }
    assert heard == [words[kind], "\r\n"]


async def test_a_slow_pass_keeps_what_it_got_even_of_letters_that_stay_on_the_server(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAI-009, MAI-011: a mailbox too slow for one pass is read in several, and not for ever."""
    monkeypatch.setattr(syncing, "SILENT_SECONDS", -1)
    asked: list[str] = []
    heads = [f"* {n} FETCH (UID {n} RFC822.SIZE 9000000)" for n in (1, 2, 3)]

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        for _ in range(2):  # where the folder begins, and what is new in it
            tag = await polite(reader, writer, "SEARCH", asked)
            await say(writer, "* SEARCH 1 2 3", f"{tag} OK done")
        tag = await polite(reader, writer, "FETCH")
        await say(writer, *heads, f"{tag} OK done")
        tag = await polite(reader, writer, "FETCH")
        await say(writer, "* 1 FETCH (UID 1 BODY[] {12}", "Subject: Hi)", f"{tag} OK done")
        await polite(reader, writer, "FETCH")
        writer.transport.abort()

    async with serving(script) as server:
        imap_at = {"host": "127.0.0.1", "port": server.port, "security": "none"}
        await office.add_mailbox("slow", imap=imap_at)
        await office.sync()
        async with office.service.database.reading() as session:
            assert (await session.scalars(select(Folder.last_uid))).one() == 1
        await office.sync()
    assert asked == ["UID 1:3", "UID 1:3", "UID 2:3"]


@pytest.mark.parametrize("arrived", ["17-Jul-1996 02:44:25 -0000", "01-Jan-9999 00:00:00 +0000"])
async def test_an_odd_date_of_arrival_breaks_nothing(office: Any, arrived: str) -> None:
    """MAI-012: the date of a letter is its own, else a credible one."""
    deal = await office.add_deal()
    raw = f"Subject: [ticket:{deal.ticket}]\r\n\r\nx"
    no_head = "BODY[HEADER.FIELDS (MESSAGE-ID)] {0}"
    answers = (
        [
            f'* 1 FETCH (UID 1 RFC822.SIZE 9 INTERNALDATE "{arrived}" {no_head}',
            ")",
            "TAG OK done",
        ],
        [f"* 1 FETCH (UID 1 BODY[] {{{len(raw)}}}", f"{raw})", "TAG OK done"],
    )

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await say(writer, "* OK hello")
        for lines in answers:
            tag = await polite(reader, writer, "FETCH")
            await say(writer, *(line.replace("TAG", tag or "") for line in lines))
        await polite(reader, writer, "nothing more")

    async with serving(script) as server:
        imap_at = {"host": "127.0.0.1", "port": server.port, "security": "none"}
        await office.add_mailbox("odd", imap=imap_at)
        await office.sync()
    (letter,) = await office.letters_of(deal)
    at = dt.datetime.fromisoformat(letter["at"])
    assert at.year == 1996 or abs(at - clock.now()) < dt.timedelta(minutes=1)
