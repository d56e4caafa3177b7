"""Fills a new suite with what it starts with, exactly once however many processes start."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.vocabulary import natural_id
from deals import events
from deals.commands import closing_reasons, currencies, pipelines, stages
from deals.commands.changes import new
from deals.commands.dictionaries import added
from deals.domain.shipped import CURRENCIES, NATIONAL, PIPELINES, REASONS, ShippedPipeline
from deals.models import ClosingReason, Currency, Pipeline
from deals.queries.pipelines import pipelines as live_pipelines
from kernel.ids import uuid7
from kernel.text import fold

SHIPPING_LOCK = 0x5261_7070_6F72_7464  # "Rapportd"


async def ensure_shipped(session: AsyncSession) -> None:
    """Add the shipped pipelines, reasons and currencies to dictionaries that never had a row."""
    await session.execute(select(func.pg_advisory_xact_lock(SHIPPING_LOCK)))
    if await _is_empty(session, Pipeline):
        for position, pipeline in enumerate(PIPELINES, start=1):
            await _add_pipeline(session, pipeline, position, natural_id)
    if await _is_empty(session, ClosingReason):
        _add_reasons(session)
    if await _is_empty(session, Currency):
        _add_currencies(session)


async def ensure_a_pipeline(session: AsyncSession) -> None:
    """Add the general pipeline as the default one again, should no pipeline be left (DEA-006)."""
    if not await session.scalar(select(exists(live_pipelines().with_only_columns(Pipeline.id)))):
        await _add_pipeline(session, PIPELINES[0], 1, lambda *_: uuid7())


async def _is_empty(session: AsyncSession, table: Any) -> bool:
    return not await session.scalar(select(exists(select(table.id))))


async def _add_pipeline(
    session: AsyncSession,
    shipped: ShippedPipeline,
    position: int,
    make_id: Callable[[str, str], UUID],
) -> None:
    pipeline = new(
        session,
        Pipeline,
        id_=make_id("pipeline", shipped.code),
        name=shipped.name,
        name_key=fold(shipped.name),
        description=shipped.description,
        is_active=True,
        is_default=shipped.is_default,
        department_id=None,
        position=position,
    )
    added(session, pipeline, events.pipeline_defined, pipelines.FIELDS)
    await session.flush()
    ids = [make_id("stage", f"{shipped.code}/{step.name}") for step in shipped.stages]
    stages.add_steps(session, pipeline.id, shipped.stages, ids)


def _add_reasons(session: AsyncSession) -> None:
    for position, shipped in enumerate(REASONS, start=1):
        reason = new(
            session,
            ClosingReason,
            id_=natural_id("closing_reason", shipped.name),
            name=shipped.name,
            name_key=fold(shipped.name),
            department_id=None,
            outcome=shipped.outcome,
            position=position,
            is_active=True,
            is_irrelevant=shipped.is_irrelevant,
        )
        added(session, reason, events.closing_reason_defined, closing_reasons.FIELDS)


def _add_currencies(session: AsyncSession) -> None:
    for code in CURRENCIES:
        currency = new(
            session,
            Currency,
            id_=events.currency_id(code),
            code=code,
            is_active=True,
            auto_update=code != NATIONAL,
            is_national=code == NATIONAL,
            is_reporting=False,
        )
        added(session, currency, events.currency_changed, currencies.FIELDS)
