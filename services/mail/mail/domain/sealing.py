"""Encrypts the secrets of mailboxes, each bound to its mailbox (MAI-002)."""

import hashlib
import secrets
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12


class Unreadable(ValueError):
    """The secret was sealed with another key, for another mailbox, or changed since."""


def key_from(text: str) -> bytes:
    """Make a key of 32 bytes from the setting, which must be long and random."""
    return hashlib.sha256(text.encode()).digest()


def seal(key: bytes, mailbox_id: UUID, secret: str) -> bytes:
    """Encrypt a secret with AES-GCM."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), mailbox_id.bytes)


def unseal(key: bytes, mailbox_id: UUID, sealed: bytes) -> str:
    """Decrypt a secret.

    Raises:
        Unreadable: it cannot be read with this key.
    """
    nonce, encrypted = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, encrypted, mailbox_id.bytes).decode()
    except (InvalidTag, ValueError):
        raise Unreadable("the secret cannot be read with the present key; enter it again") from None
