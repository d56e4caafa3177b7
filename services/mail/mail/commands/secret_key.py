"""The key that encrypts the secrets of mailboxes (MAI-002)."""

from pydantic import SecretStr

from chassis.database import Database
from chassis.secrets import service_key
from mail.domain.sealing import key_from


async def secret_key(database: Database, setting: SecretStr | None) -> bytes:
    """Answer the key made of the setting, or else the one kept in the database."""
    if setting is None:
        return await service_key(database, "mailbox")
    return key_from(setting.get_secret_value())
