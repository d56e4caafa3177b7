"""Where a mail server is and how to log in there, for reading and for sending alike."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

OAUTH2_TOKEN: Final = "oauth2_token"  # noqa: S105 - a kind of secret, not one


@dataclass(frozen=True)
class Server:
    """One mail server; `tls` says whose certificates are good, and they are always looked at."""

    host: str
    port: int
    security: str
    user: str
    secret: str | None = field(repr=False)
    secret_kind: str
    tls: ssl.SSLContext

    @property
    def takes_token(self) -> bool:
        """Answer whether the log-in is by OAuth2 token instead of by password."""
        return self.secret_kind == OAUTH2_TOKEN

    def concealed(self, words: str) -> str:
        """Take the secret out of what the server said (MAI-002)."""
        return words.replace(self.secret, "***") if self.secret else words


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Trust the authorities of this machine, and those of a PEM file beside them.

    Raises:
        OSError: the file cannot be read, or holds no certificate (ssl.SSLError).
    """
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(authorities)
    return context
