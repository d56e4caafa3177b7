"""Deleted records, for those who may delete any: they also list and restore them (GAT-014).

    async def list_products(..., deleted: DeletedEntries): ...
    async def restore(product: ProductToRestore, session: WriteSession, ...): ...

A record to restore is locked until the commit, at the expected version.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path

from chassis.auth import Authenticated, Caller, may
from chassis.database import Record
from chassis.http.removal import Deleted
from chassis.http.unit import IfMatch, WriteSession, expect_version
from chassis.removal import Removable, lock_deleted
from deals.models import ClosingReason, Deal, Output, Payment, Pipeline, Product, Stage
from deals.queries.parts import lock_deal_of
from deals.queries.removables import (
    CLOSING_REASONS,
    DEALS,
    MANAGE,
    OUTPUTS,
    PAYMENTS,
    PIPELINES,
    PRODUCTS,
    STAGES,
)


def _asked(right: str) -> Callable[..., Coroutine[Any, Any, bool]]:
    async def asked(*, caller: Authenticated, deleted: Deleted = False) -> bool:
        if deleted:
            caller.require_everywhere(right)
        return deleted

    return asked


def _to_restore(removable: Removable, name: str) -> Callable[..., Coroutine[Any, Any, Record]]:
    async def locked(
        record_id: Annotated[UUID, Path(alias=name)],
        session: WriteSession,
        caller: Annotated[Caller, Depends(may(removable.right))],
        if_match: IfMatch,
    ) -> Record:
        caller.require_everywhere(removable.right)
        if removable.table in (Output, Payment):
            await lock_deal_of(session, removable.table, record_id)
        record = await lock_deleted(session, removable, record_id)
        expect_version(record.version, if_match)
        return record

    return locked


DeletedDeals = Annotated[bool, Depends(_asked(DEALS.right))]
DeletedEntries = Annotated[bool, Depends(_asked(MANAGE))]
DeletedOutputs = Annotated[bool, Depends(_asked(OUTPUTS.right))]
DeletedPayments = Annotated[bool, Depends(_asked(PAYMENTS.right))]

DealToRestore = Annotated[Deal, Depends(_to_restore(DEALS, "deal_id"))]
OutputToRestore = Annotated[Output, Depends(_to_restore(OUTPUTS, "output_id"))]
PaymentToRestore = Annotated[Payment, Depends(_to_restore(PAYMENTS, "payment_id"))]
PipelineToRestore = Annotated[Pipeline, Depends(_to_restore(PIPELINES, "pipeline_id"))]
ProductToRestore = Annotated[Product, Depends(_to_restore(PRODUCTS, "product_id"))]
ReasonToRestore = Annotated[ClosingReason, Depends(_to_restore(CLOSING_REASONS, "reason_id"))]
StageToRestore = Annotated[Stage, Depends(_to_restore(STAGES, "stage_id"))]
