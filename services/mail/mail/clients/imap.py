"""Reads mailboxes over IMAP; nothing is marked, moved or deleted there (MAI-015).

    async with open_mailbox(server) as connection:
        folder = await connection.examine("INBOX")
        uids = await connection.uids(1, folder.newest_uid)

The library underneath waits for ever when a server falls silent or says BYE, so each command here
has a deadline, a lost connection ends every wait, and one answer may only be so large. After any
`ImapError` the connection is closed for good.
"""

import asyncio
import base64
import logging
import ssl
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import aioimaplib.aioimaplib as library

from mail.clients import imap_answers as answers
from mail.clients.imap_answers import FolderState, Head
from mail.clients.server import Server

T = TypeVar("T")

MOST_FOLDERS: Final = 500
PARTIAL_BYTES: Final = 262_144

logging.getLogger(library.__name__).setLevel(logging.WARNING)  # its debug lines hold letters


class ImapError(Exception):
    """The mailbox cannot be read now; the text is for people."""


class ImapRefused(ImapError):
    """The server said no: to the log-in, or to a command."""


class ImapLost(ImapError):
    """The server does not answer, hangs up, or talks nonsense."""


@dataclass(frozen=True)
class Limits:
    """How long each wait may last, and how much one answer may hold."""

    connect_seconds: float = 20.0
    command_seconds: float = 20.0
    fetch_seconds: float = 120.0
    goodbye_seconds: float = 2.0
    answer_bytes: int = 64_000_000


PATIENT: Final = Limits()


class _Protocol(library.IMAP4ClientProtocol):  # type: ignore[misc] # the library is untyped
    """The library's protocol, which also counts what comes in and tells when it is cut off.

    `answers` are what is still to be said when the server asks on during the log-in.
    """

    def __init__(self, lost: "asyncio.Future[str]", most: int) -> None:
        super().__init__(asyncio.get_running_loop(), self._on_lost)
        self._lost, self._most = lost, most
        self.received = 0
        self.answers: list[str] = []

    def data_received(self, d: bytes) -> None:
        self.received += len(d)
        if self.received > self._most:
            self._on_lost(ValueError("the answer is too large"))
            self.transport.abort()
        else:
            super().data_received(d)

    def _continuation(self, line: bytes) -> None:
        asking = self.pending_sync_command
        if asking is not None and asking.name == "AUTHENTICATE":
            self.send(self.answers.pop() if self.answers else "")  # why it refuses: heard, thanks
        else:
            super()._continuation(line)

    def _on_lost(self, error: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(f"the connection was cut ({error or 'closed by the server'})")


class Connection:
    """One logged-in connection."""

    def __init__(self, protocol: _Protocol, lost: "asyncio.Future[str]", limits: Limits) -> None:
        self._protocol, self._lost, self._limits = protocol, lost, limits

    async def folders(self) -> list[tuple[str, tuple[str, ...]]]:
        """Answer the names of the folders, as the server writes them, with their flags."""
        lines = await self._ask(self._protocol.simple_command("LIST", '""', '"*"'))
        return answers.folders(lines)[:MOST_FOLDERS]

    async def examine(self, name: str) -> FolderState:
        """Open a folder for reading only."""
        lines = await self._ask(self._protocol.simple_command("EXAMINE", library.quoted(name)))
        self._protocol.state = library.SELECTED  # the library forgets that EXAMINE selects, too
        state = answers.folder_state(lines)
        if state is None:
            raise ImapLost("the server does not tell UIDVALIDITY and UIDNEXT")
        return state

    async def uids(self, first: int, last: int) -> list[int]:
        """Answer the UIDs from `first` to `last` that exist, in order."""
        if last < first:
            return []
        asked = self._protocol.search("UID", f"{first}:{last}", charset=None, by_uid=True)
        return [uid for uid in answers.uids(await self._ask(asked)) if first <= uid <= last]

    async def heads(self, uids: Sequence[int]) -> list[Head]:
        """Answer size, arrival and Message-ID of letters, in order of UID."""
        items = "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
        lines = await self._fetch(uids, items, self._limits.command_seconds)
        found = {head.uid: head for head in answers.heads(lines)}
        return [found[uid] for uid in uids if uid in found]

    async def originals(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Answer the letters' original bytes by UID."""
        lines = await self._fetch(uids, "(UID BODY.PEEK[])", self._limits.fetch_seconds)
        return {uid: raw for uid, raw in answers.contents(lines) if uid in uids}

    async def beginning(self, uid: int) -> bytes:
        """Answer the first part of a letter that is too large to be fetched."""
        items = f"(UID BODY.PEEK[]<0.{PARTIAL_BYTES}>)"
        lines = await self._fetch([uid], items, self._limits.fetch_seconds)
        return dict(answers.contents(lines)).get(uid, b"")

    async def _fetch(self, uids: Sequence[int], items: str, seconds: float) -> list[bytes]:
        named = ",".join(map(str, uids))
        asked = self._protocol.fetch(named, items, by_uid=True, timeout=seconds)
        return await self._ask(asked, seconds)

    async def log_in(self, server: Server) -> None:
        """Log in with a password or an OAuth2 token."""
        user, secret = server.user, server.secret or ""
        if server.takes_token:
            await self._authenticate("XOAUTH2", f"user={user}\1auth=Bearer {secret}\1\1")
        elif (user + secret).isascii():
            await self._ask(self._protocol.login(library.quoted(user), secret))
        else:
            await self._authenticate("PLAIN", f"\0{user}\0{secret}")

    async def _authenticate(self, mechanism: str, words: str) -> None:
        """Log in by SASL: at once where the server allows that (RFC 4959), else when it asks."""
        encoded = base64.b64encode(words.encode()).decode()
        at_once = "SASL-IR" in self._protocol.capabilities
        self._protocol.answers = [] if at_once else [encoded]
        await self._command("AUTHENTICATE", mechanism, *([encoded] if at_once else []))
        self._protocol.state = library.AUTH

    async def greeted(self) -> None:
        """Wait for the server's greeting."""
        await self._within(self._protocol.wait("AUTH|NONAUTH"), self._limits.connect_seconds)

    async def start_tls(self, host: str, tls: ssl.SSLContext) -> None:
        """Turn the connection into an encrypted one, and ask anew what the server can do."""
        await self._command("STARTTLS")
        loop = asyncio.get_running_loop()
        upgrade = loop.start_tls(
            self._protocol.transport, self._protocol, tls, server_hostname=host
        )
        self._protocol.transport = await self._within(upgrade, self._limits.connect_seconds)
        await self._within(self._protocol.capability(), self._limits.command_seconds)

    async def log_out(self) -> None:
        """Take leave, if the server still listens; the connection is closed in any case."""
        with suppress(ImapError):
            await self._ask(self._protocol.logout(), self._limits.goodbye_seconds)
        self.close()

    def close(self) -> None:
        """Cut the connection."""
        if self._protocol.transport:
            self._protocol.transport.abort()

    async def _command(self, name: str, *arguments: str) -> list[bytes]:
        command = library.Command(
            name, self._protocol.new_tag(), *arguments, loop=asyncio.get_running_loop()
        )
        return await self._ask(self._protocol.execute(command))

    async def _ask(
        self, command: Coroutine[Any, Any, Any], seconds: float | None = None
    ) -> list[bytes]:
        """Answer the lines of a command's response; raises ImapRefused on NO and BAD."""
        self._protocol.received = 0
        response = await self._within(command, seconds or self._limits.command_seconds)
        if response.result != "OK":
            raise ImapRefused(answers.said(response.lines))
        return list(response.lines)

    async def _within(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """Answer what `work` answers, unless the time is over or the connection is lost first."""
        task = asyncio.ensure_future(work)
        try:
            ends: set[asyncio.Future[Any]] = {task, self._lost}
            await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        except (library.AioImapException, OSError, ValueError, LookupError) as error:
            raise ImapLost(f"the server talks nonsense ({_reason(error)})") from error
        finally:
            await _ended(task)
        if self._lost.done():
            raise ImapLost(self._lost.result())
        raise ImapLost(f"the server did not answer within {seconds:.0f} s")


@asynccontextmanager
async def open_mailbox(server: Server, limits: Limits = PATIENT) -> AsyncIterator[Connection]:
    """Connect and log in; what goes wrong inside the block ends the connection.

    Raises:
        ImapRefused: the log-in was refused.
        ImapLost: there is no server, or it does not answer.
    """
    loop = asyncio.get_running_loop()
    lost: asyncio.Future[str] = loop.create_future()
    protocol = _Protocol(lost, limits.answer_bytes)
    connection = Connection(protocol, lost, limits)
    try:
        await _connect(protocol, server, limits)
        await connection.greeted()
        if server.security == "starttls":
            await connection.start_tls(server.host, server.tls)
        await connection.log_in(server)
        yield connection
        await connection.log_out()
    finally:
        connection.close()


async def _connect(protocol: _Protocol, server: Server, limits: Limits) -> None:
    loop = asyncio.get_running_loop()
    tls = server.tls if server.security == "tls" else None
    try:
        async with asyncio.timeout(limits.connect_seconds):
            await loop.create_connection(lambda: protocol, server.host, server.port, ssl=tls)
    except (OSError, TimeoutError) as error:
        raise ImapLost(f"no connection to {server.host}: {_reason(error)}") from error


async def _ended(task: "asyncio.Future[Any]") -> None:
    """Cancel a task and see it end; what it still has to say is not news."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


def _reason(error: BaseException) -> str:
    return str(error)[:200] or type(error).__name__
