"""Deleted records, for those who may delete any: they also list and restore them (GAT-014).

    async def list_products(..., deleted: DeletedEntries): ...
    async def restore(product: ProductToRestore, session: WriteSession, ...): ...

A record to restore is locked until the commit, at the expected version.
"""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any

from fastapi import Depends

from chassis.auth import Authenticated
from chassis.http.removal import Deleted, deleted_record
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


DeletedDeals = Annotated[bool, Depends(_asked(DEALS.right))]
DeletedEntries = Annotated[bool, Depends(_asked(MANAGE))]
DeletedOutputs = Annotated[bool, Depends(_asked(OUTPUTS.right))]
DeletedPayments = Annotated[bool, Depends(_asked(PAYMENTS.right))]

DealToRestore = Annotated[Deal, Depends(deleted_record(DEALS))]
OutputToRestore = Annotated[
    Output, Depends(deleted_record(OUTPUTS, partial(lock_deal_of, table=Output)))
]
PaymentToRestore = Annotated[
    Payment, Depends(deleted_record(PAYMENTS, partial(lock_deal_of, table=Payment)))
]
PipelineToRestore = Annotated[Pipeline, Depends(deleted_record(PIPELINES))]
ProductToRestore = Annotated[Product, Depends(deleted_record(PRODUCTS))]
ReasonToRestore = Annotated[ClosingReason, Depends(deleted_record(CLOSING_REASONS))]
StageToRestore = Annotated[Stage, Depends(deleted_record(STAGES))]
