"""Hands letters to a mail server, one connection per letter.

    async with connect(server) as connection:
        replies = await connection.offer(sender, recipients)
        reply = await connection.transmit(original)

`offer` leaves nothing behind on the server; once `transmit` has begun, only the server's reply says
whether it has the letter, and without one nobody knows: `Unknown`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
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

from mail.clients.server import Server
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


class Connection:
    """One logged-in connection, for one letter."""

    def __init__(self, client: SMTP, server: Server) -> None:
        self._client, self._server = client, server

    async def offer(self, sender: str, recipients: Sequence[str]) -> dict[str, Reply]:
        """Ask whether the server would take a letter for each recipient.

        Raises:
            NotTaken: it refuses the sender, or hangs up.
        """
        try:
            await self._client.mail(sender)
            return {recipient: await self._ask(recipient) for recipient in recipients}
        except (SMTPException, OSError, ValueError) as error:
            raise NotTaken(_reply(error, self._server)) from error

    async def _ask(self, recipient: str) -> Reply:
        try:
            answer = await self._client.rcpt(recipient)
        except SMTPRecipientRefused as refused:
            return _reply(refused, self._server)
        return Reply(answer.code, answer.message[:MOST_WORDS])

    async def transmit(self, original: bytes) -> Reply:
        """Send the letter and answer what the server says to it.

        Raises:
            Unknown: it says nothing.
        """
        try:
            answer = await self._client.data(original, timeout=FINAL_SECONDS)
        except SMTPDataError as refused:
            return _reply(refused, self._server)
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
            raise Unknown(str(error)[:MOST_WORDS]) from error
        return Reply(answer.code, answer.message[:MOST_WORDS])


@asynccontextmanager
async def connect(server: Server) -> AsyncIterator[Connection]:
    """Connect and log in.

    Raises:
        NotTaken: there is no server, it is not the one it should be, or it refuses the log-in.
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
        raise NotTaken(_reply(error, server)) from error
    try:
        yield Connection(client, server)
        with suppress(SMTPException, OSError):  # the letter's fate is known; this is politeness
            await client.quit(timeout=GOODBYE_SECONDS)
    finally:
        client.close()


async def _log_in(client: SMTP, server: Server) -> None:
    if server.secret is None:
        return
    if server.takes_token:
        await client.auth_xoauth2(server.user, server.secret)
    else:
        await client.login(server.user, server.secret)


def _reply(error: BaseException, server: Server) -> Reply:
    """Answer what the server said, or why it said nothing, without the secret."""
    code, words = NO_CONNECTION, str(error) or type(error).__name__
    if isinstance(error, SMTPResponseException):
        code, words = max(error.code, NO_CONNECTION), error.message
    return Reply(code, server.concealed(words)[:MOST_WORDS])
