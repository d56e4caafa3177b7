"""A real SMTP server on loopback, in the open, over TLS and over STARTTLS, that obeys a script."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from services.mail.tests.authority import Authority, Tokens

PASSWORD: Final = 'ge"heim-1'
REFUSAL: Final = '{"status":"401","schemes":"bearer"}'


@dataclass
class SmtpServer:
    """Takes letters as its script says and counts them; `secured` are the log-ins over TLS.

    `port` speaks in the open, `tls_port` TLS from the first byte, `starttls_port` asks for STARTTLS
    before it hears a log-in.
    """

    tokens: Tokens
    port: int = 0
    tls_port: int = 0
    starttls_port: int = 0
    taken: list[tuple[list[str], bytes]] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    logins: list[tuple[str, str, str]] = field(default_factory=list)
    password: str = PASSWORD

    def reset(self) -> None:
        self.taken.clear()
        self.rcpt.clear()
        self.data.clear()
        self.logins.clear()

    def authenticate(self, *arguments: Any) -> AuthResult:
        _, _, _, mechanism, given = arguments
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        self.logins.append((mechanism, user, password))
        return AuthResult(success=password == self.password, handled=False)

    async def auth_XOAUTH2(  # noqa: N802 - the library's name
        self, server: SMTP, arguments: list[str]
    ) -> AuthResult:
        """Check a token; a bad one is refused as Google and Microsoft do, with a challenge."""
        user, token, *_ = base64.b64decode(arguments[1]).decode().split("\1")
        user, token = user.removeprefix("user="), token.removeprefix("auth=Bearer ")
        self.logins.append(("XOAUTH2", user, token))
        if self.tokens.user_of(token) == user:
            return AuthResult(success=True)
        await server.challenge_auth(REFUSAL)
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        reply = self.rcpt.get(address, "250 fine")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        reply = self.data.pop(0) if self.data else "250 taken"
        if reply in ("drop", "keep and drop"):
            if reply == "keep and drop":
                self._take(envelope)
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "451 nobody hears this"
        if reply.startswith("2"):
            self._take(envelope)
        return reply

    def _take(self, envelope: Envelope) -> None:
        assert isinstance(envelope.original_content, bytes)
        self.taken.append((list(envelope.rcpt_tos), envelope.original_content))


@asynccontextmanager
async def running(authority: Authority, tokens: Tokens) -> AsyncIterator[SmtpServer]:
    """Run the server on three free ports."""
    script = SmtpServer(tokens)
    tls = authority.context()
    async with AsyncExitStack() as stack:
        script.port = await _listen(stack, script)
        script.tls_port = await _listen(stack, script, ssl=tls)
        script.starttls_port = await _listen(stack, script, starttls=tls)
        yield script


async def _listen(
    stack: AsyncExitStack, script: SmtpServer, *, ssl: Any = None, starttls: Any = None
) -> int:
    loop = asyncio.get_running_loop()
    protocol = partial(
        SMTP,
        script,
        loop=loop,
        hostname="localhost",
        auth_require_tls=starttls is not None,
        require_starttls=starttls is not None,
        tls_context=starttls,
        authenticator=script.authenticate,
    )
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=ssl)
    await stack.enter_async_context(server)
    port: int = server.sockets[0].getsockname()[1]
    return port
