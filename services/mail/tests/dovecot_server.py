"""A real Dovecot on ports of its own and on loopback only, of whichever version Debian has."""

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
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from services.mail.tests.authority import Authority, Tokens
from services.mail.tests.smtp_server import PASSWORD

from chassis.testing.debian import install

FOREIGN_PASSWORD: Final = "gehéim"
"""Every user has this one, too: it cannot travel by LOGIN."""
READY_SECONDS: Final = 10.0

CONFIG: Final = {
    "2.3": """
protocols = imap
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
ssl_cert = <{at}/server.pem
ssl_key = <{at}/server.pem
mail_location = maildir:{at}/mail/%u
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={foreign_password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {at}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={at}/mail/%u
}}
""",
    "2.4": """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols {{
  imap = yes
}}
auth_allow_cleartext = yes
auth_mechanisms = plain login xoauth2
ssl_server_cert_file = {at}/server.pem
ssl_server_key_file = {at}/server.pem
mail_driver = maildir
mail_path = {at}/mail/%{{user}}
passdb static {{
  password = {password}
}}
passdb foreign {{
  driver = static
  passdb_static_password = {foreign_password}
}}
oauth2 {{
  introspection_mode = local
  username_attribute = sub
  oauth2_local_validation {{
    dict fs {{
      fs posix {{
        prefix = {at}/keys/
      }}
    }}
  }}
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
OAUTH2: Final = """
introspection_mode = local
username_attribute = sub
local_validation_key_dict = fs:posix:prefix={at}/keys/
"""
BOTH: Final = """
ssl = yes
base_dir = {at}/run
state_dir = {at}/state
log_path = {at}/log
listen = 127.0.0.1
first_valid_uid = 1
mail_max_userip_connections = 0
auth_failure_delay = 0
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
    port = {tls_port}
  }}
}}
service anvil {{
  {unchrooted}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
AS_MYSELF: Final = """
default_internal_user = {name}
default_internal_group = {group}
default_login_user = {name}
"""


@dataclass
class Dovecot:
    """A Dovecot of our own; any user name logs in with the password, each with an empty mailbox.

    `port` speaks in the open and offers STARTTLS, `tls_port` TLS from the first byte.
    """

    at: Path
    tokens: Tokens
    port: int
    tls_port: int
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

    def empty(self, user: str, folder: str = "") -> None:
        """Take every letter out of a user's folder, as another client does."""
        for path in self._maildir(user, folder).glob("[cn][ue][rw]/*"):
            path.unlink()

    def logins(self, user: str) -> list[str]:
        """Answer what the server wrote down about the log-ins of a user."""
        lines = (self.at / "log").read_text().splitlines()
        return [line for line in lines if "imap-login" in line and f"user=<{user}>" in line]

    def _maildir(self, user: str, folder: str) -> Path:
        maildir = self.at / "mail" / user / (f".{folder}" if folder else "")
        for path in (maildir.parent, maildir, *(maildir / name for name in ("cur", "new", "tmp"))):
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, self.uid, self.gid)
        return maildir


@asynccontextmanager
async def running(authority: Authority, tokens: Tokens) -> AsyncIterator[Dovecot]:
    """Install Dovecot unless it is there, and run it in a folder of its own."""
    await install("dovecot-imapd", lambda: _program() is not None)
    owner = pwd.getpwnam("nobody") if _is_root() else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(prefix="rapport-imap-") as folder:
        at = Path(folder)
        at.chmod(0o755)  # run by root, the owner of the letters is another user
        server = Dovecot(at, tokens, _free_port(), _free_port(), owner.pw_uid, owner.pw_gid)
        await _furnish(server, authority)
        process = await asyncio.create_subprocess_exec(
            str(_program()), "-F", "-c", str(at / "dovecot.conf"),
            stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
        )  # fmt: skip
        try:
            await _ready(server, process)
            yield server
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _furnish(server: Dovecot, authority: Authority) -> None:
    """Lay out the folder: configuration, certificate, key of the tokens, room for letters."""
    (server.at / "mail").mkdir()
    os.chown(server.at / "mail", server.uid, server.gid)
    (server.at / "dovecot.conf").write_text(await _configuration(server))
    (server.at / "oauth2.conf").write_text(OAUTH2.format(at=server.at))
    shutil.copy(authority.server, server.at / "server.pem")
    keys = server.at / "keys" / "default" / "ES256"
    keys.mkdir(parents=True)
    (keys / "default").write_bytes(server.tokens.public())


async def _configuration(server: Dovecot) -> str:
    version = await asyncio.create_subprocess_exec(str(_program()), "--version", stdout=PIPE)
    said = (await version.communicate())[0].decode()
    text = CONFIG["2.4" if said.startswith("2.4") else "2.3"] + BOTH
    return (text if _is_root() else text + AS_MYSELF).format(
        at=server.at,
        port=server.port,
        tls_port=server.tls_port,
        uid=server.uid,
        gid=server.gid,
        password=PASSWORD,
        foreign_password=FOREIGN_PASSWORD,
        unchrooted="" if _is_root() else "chroot =",
        name=pwd.getpwuid(server.uid).pw_name,
        group=grp.getgrgid(server.gid).gr_name,
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


def _is_root() -> bool:
    return os.geteuid() == 0


def _program() -> str | None:
    return shutil.which("dovecot", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        port: int = candidate.getsockname()[1]
        return port
