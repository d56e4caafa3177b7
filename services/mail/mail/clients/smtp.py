"""Hands letters to a mail server, one connection per letter.

    async with connect(server) as connection:
        replies = await connection.offer(sender, recipients)
        reply = await connection.transmit(original)

`offer` leaves nothing behind on the server; once `transmit` has begun, only the server's reply says
whether it has the letter, and without one nobody knows: `Unknown`.
"""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from mail.domain.sending import Reply

COMMAND_SECONDS: Final = 60.0
FINAL_SECONDS: Final = 600.0
GOODBYE_SECONDS: Final = 2.0
NO_CONNECTION: Final = 0
MOST_WORDS: Final = 500


class NotTaken(Exception):
    """The server did not take the letter, and said so, or was not reached: `reply` tells."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Unknown(Exception):
    """The connection ended before the server said whether it took the letter."""


@dataclass(frozen=True)
class Server:
    """Where to send and how to log in; `tls` replaces the usual trust."""

    host: str
    port: int
    security: str
    user: str
    secret: str | None
    secret_kind: str = "password"  # noqa: S105 - a kind, not a secret
    tls: ssl.SSLContext | None = None


class Connection:
    """One logged-in connection, for one letter."""

    def __init__(self, client: SMTP) -> None:
        self._client = client

    async def offer(self, sender: str, recipients: Sequence[str]) -> dict[str, Reply]:
        """Ask whether the server would take a letter for each recipient.

        Raises:
            NotTaken: it refuses the sender, or hangs up.
        """
        replies: dict[str, Reply] = {}
        try:
            await self._client.mail(sender)
            for recipient in recipients:
                replies[recipient] = await self._ask(recipient)
        except SMTPException as error:
            raise NotTaken(_reply(error)) from error
        return replies

    async def _ask(self, recipient: str) -> Reply:
        try:
            answer = await self._client.rcpt(recipient)
        except SMTPRecipientRefused as refused:
            return Reply(refused.code, refused.message[:MOST_WORDS])
        return Reply(answer.code, answer.message[:MOST_WORDS])

    async def transmit(self, original: bytes) -> Reply:
        """Send the letter and answer what the server says to it.

        Raises:
            Unknown: it says nothing.
        """
        try:
            answer = await self._client.data(original, timeout=FINAL_SECONDS)
        except SMTPDataError as refused:
            return Reply(refused.code, refused.message[:MOST_WORDS])
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
            raise Unknown(str(error)[:MOST_WORDS]) from error
        return Reply(answer.code, answer.message[:MOST_WORDS])


@asynccontextmanager
async def connect(server: Server) -> AsyncIterator[Connection]:
    """Connect and log in.

    Raises:
        NotTaken: there is no server, or it refuses the log-in.
    """
    client = SMTP(
        hostname=server.host,
        port=server.port,
        timeout=COMMAND_SECONDS,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=server.tls,
        local_hostname="localhost",
    )
    try:
        await client.connect()
        await _log_in(client, server)
    except (SMTPException, OSError, ValueError) as error:
        client.close()
        raise NotTaken(_reply(error)) from error
    try:
        yield Connection(client)
        with suppress(SMTPException, OSError):  # the letter's fate is known; this is politeness
            await client.quit(timeout=GOODBYE_SECONDS)
    finally:
        client.close()


async def _log_in(client: SMTP, server: Server) -> None:
    if server.secret is None:
        return
    if server.secret_kind == "oauth2_token":  # noqa: S105 - a kind, not a secret
        await client.auth_xoauth2(server.user, server.secret)
    else:
        await client.login(server.user, server.secret)


def _reply(error: BaseException) -> Reply:
    if isinstance(error, SMTPResponseException):
        return Reply(error.code if error.code > 0 else NO_CONNECTION, error.message[:MOST_WORDS])
    return Reply(NO_CONNECTION, str(error)[:MOST_WORDS] or type(error).__name__)
