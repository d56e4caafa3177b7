"""The internal token: who calls, and what this caller may do in one service (GAT-027).

An Ed25519-signed JWT (RFC 7519, RFC 8725) that lives a minute and is good for one audience. The
gateway makes it; services trust nothing else. A folder holds the keys: `<kid>.pem` private where
tokens are made, `<kid>.pub` public where they are checked.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel import clock
from kernel.errors import Unauthenticated

TYPE: Final = "rapport-internal+jwt"
ALGORITHM: Final = "EdDSA"
LIFETIME_SECONDS: Final = 60
LONGEST_SECONDS: Final = 300
LEEWAY_SECONDS: Final = 30
MAX_TOKEN_BYTES: Final = 65_536
"""Ours to choose: httptools, under which every service runs, takes headers of any length."""
ID_BYTES: Final = 16
HEADER_FIELDS: Final = frozenset({"alg", "typ", "kid"})
REFUSED: Final = "The login is missing, expired or not valid here."


def packed(ids: Iterable[UUID]) -> str:
    """Write ids as a claim that may hold many: 22 characters for each instead of 39."""
    return base64.urlsafe_b64encode(b"".join(id_.bytes for id_ in ids)).decode()


@lru_cache(maxsize=256)
def unpacked(claim: str) -> frozenset[UUID]:
    """Read what `packed` wrote; callers with equal claims share one set."""
    ids = base64.urlsafe_b64decode(claim)
    return frozenset(
        UUID(bytes=ids[start : start + ID_BYTES]) for start in range(0, len(ids), ID_BYTES)
    )


@dataclass(frozen=True)
class Signer:
    """Makes tokens of one issuer; `kid` names the key to whoever checks them."""

    kid: str
    key: Ed25519PrivateKey

    def sign(
        self,
        claims: Mapping[str, Any],
        *,
        audience: str,
        type_: str = TYPE,
        seconds: int = LIFETIME_SECONDS,
    ) -> str:
        """Sign `claims` for `audience`, good from now for `seconds`."""
        issued = int(clock.now().timestamp())
        return jwt.encode(
            {**claims, "iss": "gateway", "aud": audience, "iat": issued, "exp": issued + seconds},
            self.key,
            algorithm=ALGORITHM,
            headers={"typ": type_, "kid": self.kid},
        )


class Verifier:
    """Checks tokens against the public keys of a folder, or those given."""

    def __init__(self, keys: Mapping[str, Any]) -> None:
        self._keys = dict(keys)

    def claims(
        self, token: str, *, audience: str, type_: str = TYPE, longest: int = LONGEST_SECONDS
    ) -> dict[str, Any]:
        """Answer the claims of a good token.

        Raises:
            Unauthenticated: for every other token, always with the same words.
        """
        try:
            return self._checked(token, audience, type_, longest)
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise Unauthenticated(REFUSED) from error

    def _checked(self, token: str, audience: str, type_: str, longest: int) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_BYTES:
            raise ValueError("the token is too long")
        header = jwt.get_unverified_header(token)
        if not set(header) <= HEADER_FIELDS or header.get("typ") != type_:
            raise ValueError("the header is not ours")
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[header["kid"]],
            algorithms=[ALGORITHM],
            audience=audience,
            issuer="gateway",
            options={
                "require": ["exp", "iat", "sub", "aud", "iss"],
                # the clock tests can set decides below, with the same leeway
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        _check_times(claims, longest)
        if not isinstance(claims["aud"], str):
            raise TypeError("one audience only")
        return claims


def _check_times(claims: Mapping[str, Any], longest: int) -> None:
    issued, expires = claims["iat"], claims["exp"]
    if type(issued) is not int or type(expires) is not int or not 0 < expires - issued <= longest:
        raise ValueError("the life time is not ours")
    now = clock.now().timestamp()
    if not issued - LEEWAY_SECONDS <= now < expires + LEEWAY_SECONDS:
        raise ValueError("expired, or from the future")


def load_or_make_signer(folder: Path) -> Signer:
    """Answer the signer of a key folder; makes the key pair on first use."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = folder / "gateway.pem"
    if not private.exists():
        _write_pair(private)
    key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{private} is not an Ed25519 key")
    return Signer("gateway", key)


def load_verifier(folder: Path) -> Verifier:
    """Answer a verifier for every public key of a folder."""
    keys = {
        path.stem: serialization.load_pem_public_key(path.read_bytes())
        for path in sorted(folder.glob("*.pub"))
    }
    if not keys:
        raise FileNotFoundError(f"{folder} holds no public key; start the gateway first")
    return Verifier(keys)


def new_pair() -> tuple[Signer, Verifier]:
    """Make a key pair that lives in memory only."""
    key = Ed25519PrivateKey.generate()
    return Signer("gateway", key), Verifier({"gateway": key.public_key()})


def _write_pair(private: Path) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private.with_suffix(".pub").write_bytes(public)
    # written whole under another name first: a crash leaves no half key
    partial = private.with_suffix(".part")
    partial.touch(mode=0o600)
    partial.write_bytes(pem)
    partial.replace(private)
