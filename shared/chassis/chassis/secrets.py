"""Random keys a service keeps in its own database, the same for all its processes."""

import secrets

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Database
from chassis.origin import by_system
from chassis.tables import secret

KEY_BYTES = 32


async def service_key(database: Database, name: str) -> bytes:
    """Answer the key called `name`; makes it on first use."""
    async with database.transaction(by_system(database.service)) as session:
        fresh = {"name": name, "value": secrets.token_bytes(KEY_BYTES)}
        await session.execute(insert(secret).values(fresh).on_conflict_do_nothing())
        key: bytes = (
            await session.execute(select(secret.c.value).where(secret.c.name == name))
        ).scalar_one()
    return key


async def cursor_key(database: Database) -> bytes:
    """Answer the key that signs list cursors."""
    return await service_key(database, "cursor")
