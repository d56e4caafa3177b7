"""A real SMTP server and a real Dovecot, on ports of their own and on loopback only."""

import asyncio
import grp
import os
import pwd
import shutil
import socket
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from chassis.testing.debian import install

PASSWORD: Final = 'ge"heim-1'
READY_SECONDS: Final = 10.0


@dataclass
class SmtpServer:
    """A real SMTP server that takes letters as its script says, and counts them."""

    port: int = 0
    taken: list[tuple[list[str], bytes]] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    password: str = PASSWORD

    def reset(self) -> None:
        self.taken.clear()
        self.rcpt.clear()
        self.data.clear()
        self.logins.clear()

    def authenticate(self, *arguments: Any) -> AuthResult:
        given = arguments[-1]
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        right = given.password == self.password.encode()
        return AuthResult(success=right, handled=False)

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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def smtp_server() -> AsyncIterator[SmtpServer]:
    script = SmtpServer()
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(
            script,
            loop=loop,
            hostname="localhost",
            auth_require_tls=False,
            authenticator=script.authenticate,
        )

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    yield script
    server.close()
    await server.wait_closed()


@pytest.fixture
def smtp(smtp_server: SmtpServer) -> SmtpServer:
    smtp_server.reset()
    return smtp_server


CONFIG: Final = {
    "2.3": """
ssl = no
protocols = imap
disable_plaintext_auth = no
mail_location = maildir:{at}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={at}/mail/%u
}}
""",
    "2.4": """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
ssl = no
protocols {{
  imap = yes
}}
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {at}/mail/%{{user}}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {at}/mail/%{{user}}
  }}
}}
""",
}
BOTH: Final = """
base_dir = {at}/run
state_dir = {at}/state
log_path = {at}/log
listen = 127.0.0.1
first_valid_uid = 1
mail_max_userip_connections = 0
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  {unchrooted}
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  {unchrooted}
}}
"""
AS_MYSELF: Final = """
default_internal_user = {name}
default_internal_group = {group}
default_login_user = {name}
"""


@dataclass
class Dovecot:
    """A Dovecot of our own; any user name logs in with the password, each with an empty mailbox."""

    at: Path
    port: int
    uid: int
    gid: int

    def deliver(self, user: str, raw: bytes, folder: str = "") -> None:
        """Put a letter into a user's folder, as a mail server's delivery does."""
        maildir = self._maildir(user, folder)
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        name = f"{seconds}.M{rest // 1000:06}P{os.getpid()}.test"  # the server numbers by these
        waiting = maildir / "tmp" / name
        waiting.write_bytes(raw)
        os.chown(waiting, self.uid, self.gid)
        waiting.rename(maildir / "new" / name)

    def flags(self, user: str, folder: str = "") -> dict[str, str]:
        """Answer the flags of each letter in a user's folder by file name."""
        maildir = self._maildir(user, folder)
        names = (path.name.partition(":2,") for path in maildir.glob("[cn][ue][rw]/*"))
        return {name: flags for name, _, flags in names}

    def renumber(self, user: str, folder: str = "") -> None:
        """Make the server number a folder's letters anew: another UIDVALIDITY."""
        maildir = self._maildir(user, folder)
        for path in (*maildir.glob("dovecot-uidlist"), *maildir.glob("dovecot.index*")):
            path.unlink()

    def _maildir(self, user: str, folder: str) -> Path:
        maildir = self.at / "mail" / user / (f".{folder}" if folder else "")
        for path in (maildir.parent, maildir, *(maildir / name for name in ("cur", "new", "tmp"))):
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, self.uid, self.gid)
        return maildir


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def dovecot() -> AsyncIterator[Dovecot]:
    await install("dovecot-imapd", lambda: _program() is not None)
    root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(prefix="rapport-imap-") as folder:
        at = Path(folder)
        at.chmod(0o755)  # run by root, the owner of the letters is another user
        server = Dovecot(at, _free_port(), owner.pw_uid, owner.pw_gid)
        (at / "mail").mkdir()
        os.chown(at / "mail", server.uid, server.gid)
        config = at / "dovecot.conf"
        config.write_text(await _configuration(server, as_root=root))
        process = await asyncio.create_subprocess_exec(
            str(_program()), "-F", "-c", str(config), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        try:
            await _ready(server, process)
            yield server
        finally:
            process.terminate()
            await process.wait()


async def _configuration(server: Dovecot, *, as_root: bool) -> str:
    version = await asyncio.create_subprocess_exec(str(_program()), "--version", stdout=PIPE)
    said = (await version.communicate())[0].decode()
    group = grp.getgrgid(server.gid).gr_name
    text = CONFIG["2.4" if said.startswith("2.4") else "2.3"] + BOTH
    return (text if as_root else text + AS_MYSELF).format(
        at=server.at,
        port=server.port,
        uid=server.uid,
        gid=server.gid,
        password=PASSWORD,
        unchrooted="" if as_root else "chroot =",
        name=pwd.getpwuid(server.uid).pw_name,
        group=group,
    )


async def _ready(server: Dovecot, process: Process) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            except OSError:
                await asyncio.sleep(0.02)  # between two looks
            else:
                writer.close()
                await writer.wait_closed()
                return
    assert process.stderr
    pytest.fail(f"Dovecot does not start: {(await process.stderr.read()).decode()}")


def _program() -> str | None:
    return shutil.which("dovecot", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        port: int = candidate.getsockname()[1]
        return port
