"""One number for all facts: equal facts, equal fingerprints (ANA-005, A8)."""

import hashlib
from typing import cast

from sqlalchemy import Table, Text, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.models.star import STAR


async def fingerprint(session: AsyncSession) -> str:
    """Answer a hash over every column of every row of every fact and dimension, in order."""
    whole = hashlib.sha256()
    for model in STAR:
        table = cast(Table, model.__table__)
        key = table.primary_key.columns
        row = func.md5(func.row(*table.columns).cast(Text))
        rows = func.string_agg(row, aggregate_order_by(literal(""), *key))
        content = await session.scalar(select(func.md5(func.coalesce(rows, ""))))
        whole.update(f"{table.name} {content}\n".encode())
    return whole.hexdigest()
