"""What opens the mail servers: the secrets of mailboxes, and whose certificates are good."""

from dataclasses import dataclass, field
from ssl import SSLContext

from mail.clients.server import Server
from mail.domain.sealing import Unreadable, unseal
from mail.models import Mailbox


@dataclass(frozen=True)
class Access:
    """The key that opens the secrets of mailboxes, and the certificates to trust."""

    key: bytes = field(repr=False)
    tls: SSLContext


def imap_server(mailbox: Mailbox, access: Access) -> Server:
    """Answer where a mailbox is read.

    Raises:
        Unreadable: it has no IMAP server, or no secret that can be read.
    """
    host, port, security = mailbox.imap_host, mailbox.imap_port, mailbox.imap_security
    if host is None or port is None or security is None:
        raise Unreadable("the mailbox has no IMAP server")
    if mailbox.secret is None:
        raise Unreadable("the mailbox has no secret")
    return _server(mailbox, access, host, port, security)


def smtp_server(mailbox: Mailbox, access: Access) -> Server:
    """Answer where letters of a mailbox are handed over; some servers there ask for no secret.

    Raises:
        Unreadable: its secret cannot be read.
    """
    return _server(mailbox, access, mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security)


def _server(mailbox: Mailbox, access: Access, host: str, port: int, security: str) -> Server:
    sealed = mailbox.secret
    return Server(
        host,
        port,
        security,
        user=mailbox.user,
        secret=unseal(access.key, mailbox.id, sealed) if sealed else None,
        secret_kind=mailbox.secret_kind,
        tls=access.tls,
    )
