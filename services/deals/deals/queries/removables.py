"""What can be deleted, and so restored and removed for good, with what names it (GAT-014)."""

from sqlalchemy import Text, cast, exists, func, or_

from chassis.removal import Removable
from deals.domain.preferences import KEYS
from deals.models import (
    ClosingReason,
    Deal,
    Output,
    Payment,
    Pipeline,
    Product,
    Setting,
    Stage,
    StageEntry,
)

MANAGE = "deals.dictionary.manage"

OUTPUTS = Removable("outputs/{output_id}", Output, "deals.output.delete")
PAYMENTS = Removable("payments/{payment_id}", Payment, "deals.payment.delete")
DEALS = Removable(
    "deals/{deal_id}",
    Deal,
    "deals.deal.delete",
    parts=(StageEntry.deal_id, Output.deal_id, Payment.deal_id),
)
STAGES = Removable(
    "stages/{stage_id}",
    Stage,
    MANAGE,
    kept_by=(
        exists().where(or_(Deal.stage_id == Stage.id, Deal.stage_before_id == Stage.id)),
        exists().where(StageEntry.stage_id == Stage.id),
    ),
)
PIPELINES = Removable(
    "pipelines/{pipeline_id}",
    Pipeline,
    MANAGE,
    parts=(Stage.pipeline_id,),
    kept_by=(
        exists().where(Deal.pipeline_id == Pipeline.id),
        exists().where(Stage.pipeline_id == Pipeline.id, STAGES.is_kept),
        exists().where(
            Setting.key == KEYS["default_pipeline"],
            Setting.value == func.to_jsonb(cast(Pipeline.id, Text)),
        ),
    ),
)
CLOSING_REASONS = Removable(
    "closing-reasons/{reason_id}",
    ClosingReason,
    MANAGE,
    kept_by=(exists().where(Deal.reason_id == ClosingReason.id),),
)
PRODUCTS = Removable(
    "products/{product_id}",
    Product,
    MANAGE,  # for whoever sells may delete products, and only administrators bring them back
    kept_by=(exists().where(Output.product_id == Product.id),),
)

REMOVABLES = (OUTPUTS, PAYMENTS, DEALS, STAGES, PIPELINES, CLOSING_REASONS, PRODUCTS)
