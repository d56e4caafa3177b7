"""One engine per process and service; one transaction per request or message.

Nothing but `Database.transaction` commits. Domain changes are flushed first and the events they
caused are inserted last, so that inside an aggregate the order of ids is the order of versions.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import orjson
from sqlalchemy import URL, ColumnElement, Date, DateTime, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.event import listen
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import event_log
from chassis.origin import Origin
from chassis.tables import NAMES
from chassis.wakeup import Wakeup
from kernel import clock

POOL_SECONDS = 10
"""Longest wait for a connection of the pool."""

SERVER_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class Table(DeclarativeBase):
    """Base of a service's own declarative base, which sets `metadata = new_metadata()`."""

    __abstract__ = True
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        date: Date(),
        Decimal: Numeric(24, 8),
        UUID: Uuid(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
    }


class Record:
    """Columns of every record: identity, version, who made and last changed it, soft deletion."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_by: Mapped[str]
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)


def there(table: Any, *, deleted: bool = False) -> ColumnElement[bool]:
    """Answer the condition for the records there are in a table, or for the deleted ones."""
    condition: ColumnElement[bool] = table.deleted_at.is_(None)
    return ~condition if deleted else condition


def new_metadata() -> MetaData:
    """Make the metadata of one service, with the suite's constraint names."""
    return MetaData(naming_convention=NAMES)


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Let the pool replace connections whose server went away; asyncpg knows without a ping."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed the connection")


class Database:
    """A service's database as one process sees it."""

    def __init__(self, url: URL, service: str, *, pool: int = 10) -> None:
        self.url = url
        self.service = service
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            hide_parameters=True,  # errors are logged, personal data and secrets are not
            # asyncpg's ids are a subclass of UUID, which orjson does not write by itself
            json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
            json_deserializer=orjson.loads,
            connect_args={
                "server_settings": {**SERVER_SETTINGS, "application_name": f"rapport-{service}"},
                "timeout": 5,
            },
        )
        listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._wakeup = Wakeup(self.engine)

    @asynccontextmanager
    async def transaction(self, origin: Origin) -> AsyncIterator[AsyncSession]:
        """Open the one transaction of a request or message; commit at the end, or roll back."""
        async with self._sessions() as session:
            event_log.begin(session, self.service, origin)
            async with session.begin():
                yield session
                said = await event_log.write(session)
        if said:
            self._wakeup.signal()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a read-only transaction."""
        async with self._sessions() as session:
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session

    async def close(self) -> None:
        """Send what is still to be announced and close every connection."""
        await self._wakeup.close()
        await self.engine.dispose()
