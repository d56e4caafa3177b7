"""Opaque tokens of 256 random bits: whoever holds one may act, so only its digest is kept."""

import base64
import hashlib
import hmac
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Make a token nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    """Answer what is stored in place of a token."""
    return hashlib.sha256(token.encode()).digest()


def successor(token: str, key: bytes) -> str:
    """Derive the one token that follows another: the same at each try, known to no database."""
    following = hmac.new(key, token.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(following).decode().rstrip("=")
