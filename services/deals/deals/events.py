"""What deals says: builders of contract events from rows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from contracts.common import natural_id
from contracts.deals import (
    AuditRecorded,
    ClosingReasonDefined,
    CurrencyChanged,
    DealAssigned,
    DealCreated,
    DealDeleted,
    DealLost,
    DealPaidInFull,
    DealReopened,
    DealRestored,
    DealStageChanged,
    DealUpdated,
    DealWon,
    ImportFinished,
    OutputAdded,
    OutputChanged,
    OutputRemoved,
    PaymentChanged,
    PaymentDeleted,
    PaymentRecorded,
    PaymentState,
    PipelineDefined,
    ProductDefined,
    RateRecorded,
    StageDefined,
)
from contracts.event import Event
from deals.models import (
    ClosingReason,
    Currency,
    Deal,
    ImportJob,
    Output,
    Payment,
    Pipeline,
    Product,
    Rate,
    Stage,
    StageEntry,
)
from kernel.money import Money

PUBLISHES: tuple[type[Event], ...] = (
    AuditRecorded,
    ClosingReasonDefined,
    CurrencyChanged,
    DealAssigned,
    DealCreated,
    DealDeleted,
    DealLost,
    DealPaidInFull,
    DealReopened,
    DealRestored,
    DealStageChanged,
    DealUpdated,
    DealWon,
    ImportFinished,
    OutputAdded,
    OutputChanged,
    OutputRemoved,
    PaymentChanged,
    PaymentDeleted,
    PaymentRecorded,
    PipelineDefined,
    ProductDefined,
    RateRecorded,
    StageDefined,
)


def deal_amount(deal: Deal) -> Money:
    """Answer what a deal is worth."""
    return Money(amount=deal.amount, currency=deal.currency)


def deal_created(deal: Deal) -> DealCreated:
    """Build the birth of a deal."""
    return DealCreated(
        deal_id=deal.id,
        code=deal.code,
        crm_ref=deal.crm_ref,
        name=deal.name,
        ticket=deal.ticket,
        pipeline_id=deal.pipeline_id,
        stage_id=deal.stage_id,
        amount=deal_amount(deal),
        probability=deal.probability,
        expected_close=deal.expected_close,
        status=deal.status,
        owner_id=deal.owner_id,
        co_owner_id=deal.co_owner_id,
        team_id=deal.team_id,
        department_id=deal.department_id,
        company_id=deal.company_id,
        contact_id=deal.contact_id,
        customer_id=deal.customer_id,
        partner_id=deal.partner_id,
        lead_id=deal.lead_id,
        request_id=deal.request_id,
        source_id=deal.source_id,
        country=deal.country,
        city=deal.city,
        tags=(),
    )


def deal_updated(deal: Deal, changed: Mapping[str, tuple[Any, Any]]) -> DealUpdated:
    """Build an edit of a deal."""
    return DealUpdated(deal_id=deal.id, changed=dict(changed))


def deal_assigned(deal: Deal, old_owner_id: UUID | None) -> DealAssigned:
    """Build a change of who looks after a deal."""
    return DealAssigned(
        deal_id=deal.id,
        old_owner_id=old_owner_id,
        owner_id=deal.owner_id,
        co_owner_id=deal.co_owner_id,
        team_id=deal.team_id,
    )


def deal_stage_changed(deal: Deal, from_id: UUID | None, entry: StageEntry) -> DealStageChanged:
    """Build a move between stages."""
    return DealStageChanged(
        deal_id=deal.id,
        pipeline_id=deal.pipeline_id,
        from_id=from_id,
        to_id=deal.stage_id,
        probability=deal.probability,
        at=entry.entered_at,
        days_in_previous=entry.days_in_previous,
        way=entry.way,
    )


def deal_won(deal: Deal, *, customer_is_new: bool, cycle_days: int) -> DealWon:
    """Build the winning of a deal, which is closed as won already."""
    if deal.closed_on is None or deal.won_at is None:
        raise ValueError("the deal is not won")
    return DealWon(
        deal_id=deal.id,
        name=deal.name,
        amount=deal_amount(deal),
        closed_on=deal.closed_on,
        won_at=deal.won_at,
        reason_id=deal.reason_id,
        owner_id=deal.owner_id,
        team_id=deal.team_id,
        department_id=deal.department_id,
        company_id=deal.company_id,
        contact_id=deal.contact_id,
        lead_id=deal.lead_id,
        customer_id=deal.customer_id,
        customer_is_new=customer_is_new,
        cycle_days=cycle_days,
        pipeline_id=deal.pipeline_id,
        stage_id=deal.stage_id,
    )


def deal_lost(deal: Deal, *, irrelevant: bool) -> DealLost:
    """Build the loss of a deal, which is closed as lost already."""
    if deal.closed_on is None:
        raise ValueError("the deal is not lost")
    return DealLost(
        deal_id=deal.id,
        amount=deal_amount(deal),
        closed_on=deal.closed_on,
        reason_id=deal.reason_id,
        note=deal.note,
        stage_before_id=deal.stage_before_id or deal.stage_id,
        irrelevant=irrelevant,
        auto=False,
        lead_id=deal.lead_id,
        department_id=deal.department_id,
        pipeline_id=deal.pipeline_id,
        stage_id=deal.stage_id,
    )


def deal_reopened(deal: Deal, previous: str) -> DealReopened:
    """Build the return of a closed deal; `previous` is what it was."""
    return DealReopened(
        deal_id=deal.id, stage_id=deal.stage_id, previous=previous, at=deal.updated_at
    )


def output_added(output: Output) -> OutputAdded:
    """Build a new line."""
    return OutputAdded(**_line(output))


def output_changed(output: Output) -> OutputChanged:
    """Build an edit of a line."""
    return OutputChanged(**_line(output))


def output_removed(output: Output) -> OutputRemoved:
    """Build the end of a line."""
    return OutputRemoved(**_line(output))


def _line(output: Output) -> dict[str, Any]:
    return {
        "deal_id": output.deal_id,
        "output_id": output.id,
        "product_id": output.product_id,
        "text": output.text,
        "quantity": output.quantity,
        "total": Money(amount=output.total, currency=output.currency),
        "discount": output.discount,
    }


def payment_state(payment: Payment) -> PaymentState:
    """Answer what a payment says now."""
    return PaymentState(
        status="cancelled" if payment.is_cancelled else payment.status,
        amount=Money(amount=payment.amount, currency=payment.currency),
        date=payment.day,
    )


def payment_recorded(
    payment: Payment, deal: Deal, rate: Decimal | None, rate_kind: str | None
) -> PaymentRecorded:
    """Build a new payment; `rate` in national currency on its day, if one is known."""
    return PaymentRecorded(
        payment_id=payment.id,
        deal_id=payment.deal_id,
        customer_id=deal.customer_id,
        amount=Money(amount=payment.amount, currency=payment.currency),
        date=payment.day,
        status=payment.status,
        rate=rate,
        rate_kind=rate_kind,
        contract_no=payment.contract_no,
        invoice_no=payment.invoice_no,
        order_no=payment.order_no,
        via_representation=payment.via_representation,
    )


def payment_changed(payment: Payment, old: PaymentState) -> PaymentChanged:
    """Build an edit of a payment."""
    return PaymentChanged(
        payment_id=payment.id, deal_id=payment.deal_id, old=old, new=payment_state(payment)
    )


def payment_deleted(payment: Payment) -> PaymentDeleted:
    """Build the end of a payment."""
    return PaymentDeleted(
        payment_id=payment.id, deal_id=payment.deal_id, old=payment_state(payment)
    )


def currency_id(code: str) -> UUID:
    """Answer the id of a currency, the same in every service."""
    return natural_id("currency", code)


def rate_id(code: str, day: object) -> UUID:
    """Answer the id of a currency's rate on a day."""
    return natural_id("rate", f"{code}/{day}")


def currency_changed(currency: Currency) -> CurrencyChanged:
    """Build a change of a currency."""
    return CurrencyChanged(
        code=currency.code, national=currency.is_national, reporting=currency.is_reporting
    )


def rate_recorded(rate: Rate) -> RateRecorded:
    """Build a dated rate."""
    return RateRecorded(code=rate.code, date=rate.day, rate=rate.rate, kind=rate.kind)


def pipeline_defined(pipeline: Pipeline) -> PipelineDefined:
    """Build the present look of a pipeline."""
    return PipelineDefined(
        id=pipeline.id,
        name=pipeline.name,
        pipeline_id=pipeline.id,
        position=pipeline.position,
        flags={
            "default": pipeline.is_default,
            "department_id": pipeline.department_id and str(pipeline.department_id),
        },
        active=pipeline.is_active,
        deleted=pipeline.deleted_at is not None,
    )


def stage_defined(stage: Stage) -> StageDefined:
    """Build the present look of a stage."""
    return StageDefined(
        id=stage.id,
        name=stage.name,
        pipeline_id=stage.pipeline_id,
        position=stage.position,
        probability=stage.probability,
        flags={
            "default": stage.is_default,
            "won": stage.is_won,
            "lost": stage.is_lost,
            "second_default": stage.is_second_default,
            "conditional_win": stage.is_conditional_win,
            "shipped": stage.is_shipped,
        },
        active=stage.is_active,
        deleted=stage.deleted_at is not None,
    )


def closing_reason_defined(reason: ClosingReason) -> ClosingReasonDefined:
    """Build the present look of a closing reason."""
    return ClosingReasonDefined(
        id=reason.id,
        name=reason.name,
        position=reason.position,
        flags={
            "outcome": reason.outcome,
            "irrelevant": reason.is_irrelevant,
            "department_id": reason.department_id and str(reason.department_id),
        },
        active=reason.is_active,
        deleted=reason.deleted_at is not None,
    )


def product_defined(product: Product) -> ProductDefined:
    """Build the present look of a product."""
    return ProductDefined(
        id=product.id,
        name=product.name,
        flags={"kind": product.kind, "code": product.code, "category": product.category},
        active=product.on_sale,
        deleted=product.deleted_at is not None,
    )


def import_finished(job: ImportJob) -> ImportFinished:
    """Build the end of an import."""
    return ImportFinished(
        job_id=job.id,
        kind="deals",
        created=job.created,
        updated=0,
        skipped=job.skipped,
        failed=job.failed,
        starter_id=job.starter_id,
    )
