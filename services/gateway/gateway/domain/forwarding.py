"""What goes through the gateway: which paths need no login, which headers pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

Headers = Iterable[tuple[bytes, bytes]]

PREFIX = b"/api/v1/"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_LOGIN_PATHS = frozenset({"/v1/login", "/v1/token/refresh", "/v1/setup"})
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect"}
)
_IDENTITY = frozenset(
    {b"authorization", b"cookie", b"forwarded", b"host", b"via", b"remote-user", b"remote-addr"}
    | {b"client-ip", b"true-client-ip", b"cf-connecting-ip", b"fastly-client-ip"}
)
_MADE_UP = (b"x-", b"x_", b"proxy-")
"""Prefixes of the headers in which identities are smuggled; those we need we write ourselves."""
_OWN_ANSWER = frozenset((b"x-correlation-id", b"date", b"server"))


@dataclass(frozen=True)
class Target:
    """A service and the path there, once decoded and once as it was sent."""

    service: str
    path: str
    raw_path: bytes

    @property
    def is_public(self) -> bool:
        """Answer whether the path needs no login."""
        if self.service == "intake":
            return self.path.startswith("/v1/public/")
        return self.service == "gateway" and self.path in _LOGIN_PATHS

    @property
    def is_logout(self) -> bool:
        """Answer whether this ends a session, which a refresh token can do without a login."""
        return self.service == "gateway" and self.path == "/v1/logout"


def target_of(raw_path: bytes) -> Target | None:
    """Find where `/api/v1/<service>/<rest>` leads; nowhere if it tries to climb.

    The path has to be percent-encoded UTF-8.
    """
    if not raw_path.startswith(PREFIX):
        return None
    service, slash, rest = raw_path.removeprefix(PREFIX).partition(b"/")
    decoded = unquote_to_bytes(rest).decode()
    if not slash or {".", ".."} & set(decoded.split("/")):
        return None
    return Target(service.decode("latin-1"), f"/v1/{decoded}", b"/v1/" + rest)


def passing(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Keep the request headers that a service may see."""
    headers = list(headers)
    named = {
        token.strip().lower()
        for name, value in headers
        if name == b"connection"
        for token in value.split(b",")
    }
    dropped = _HOP_BY_HOP | _IDENTITY | named
    return [
        (name, value)
        for name, value in headers
        if name not in dropped and not name.startswith(_MADE_UP)
    ]


def returning(headers: Headers, service: str) -> list[tuple[bytes, bytes]]:
    """Keep the answer's headers that a client may see; its Location leads through the gateway."""
    dropped = _HOP_BY_HOP | _OWN_ANSWER
    return [
        (name, _public_location(value, service) if name == b"location" else value)
        for name, value in ((name.lower(), value) for name, value in headers)
        if name not in dropped
    ]


def _public_location(value: bytes, service: str) -> bytes:
    if not value.startswith(b"/v1/"):
        return value
    return PREFIX + service.encode() + b"/" + value.removeprefix(b"/v1/")
