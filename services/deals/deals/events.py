"""What deals says: builders of contract events from rows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from contracts import deals as said
from contracts.event import Event
from contracts.vocabulary import natural_id
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
    said.AuditRecorded,
    said.ClosingReasonDefined,
    said.CurrencyChanged,
    said.DealAssigned,
    said.DealCreated,
    said.DealDeleted,
    said.DealLost,
    said.DealPaidInFull,
    said.DealReopened,
    said.DealRestored,
    said.DealStageChanged,
    said.DealUpdated,
    said.DealWon,
    said.ImportFinished,
    said.OutputAdded,
    said.OutputChanged,
    said.OutputRemoved,
    said.PaymentChanged,
    said.PaymentDeleted,
    said.PaymentRecorded,
    said.PipelineDefined,
    said.ProductDefined,
    said.RateRecorded,
    said.StageDefined,
)

EventT = TypeVar("EventT", bound=Event)


def _of(record: Any, event: type[EventT], **told: Any) -> EventT:
    """Build an event about a record: each field that is not told is the column of that name.

    A field that is neither told nor a column is an error, so that none is forgotten in silence.
    """
    copied = {name: getattr(record, name) for name in event.model_fields if name not in told}
    return event(**copied, **told)


def deal_amount(deal: Deal) -> Money:
    """Answer what a deal is worth."""
    return Money(amount=deal.amount, currency=deal.currency)


def deal_created(deal: Deal) -> said.DealCreated:
    """Build the birth of a deal, which is as old as the event."""
    return _of(
        deal,
        said.DealCreated,
        deal_id=deal.id,
        amount=deal_amount(deal),
        tags=(),
        created_on=None,
        created_at=None,
    )


def deal_updated(deal: Deal, changed: Mapping[str, tuple[Any, Any]]) -> said.DealUpdated:
    """Build an edit of a deal."""
    return said.DealUpdated(deal_id=deal.id, changed=dict(changed))


def deal_assigned(deal: Deal, old_owner_id: UUID | None) -> said.DealAssigned:
    """Build a change of who looks after a deal."""
    return _of(deal, said.DealAssigned, deal_id=deal.id, old_owner_id=old_owner_id)


def deal_stage_changed(deal: Deal, from_id: UUID, entry: StageEntry) -> said.DealStageChanged:
    """Build a move between stages."""
    return _of(
        deal,
        said.DealStageChanged,
        deal_id=deal.id,
        from_id=from_id,
        to_id=deal.stage_id,
        at=entry.entered_at,
        days_in_previous=entry.days_in_previous,
        way=entry.way,
    )


def deal_won(deal: Deal, *, customer_is_new: bool, cycle_days: int) -> said.DealWon:
    """Build the winning of a deal, which is closed as won already."""
    return _of(
        deal,
        said.DealWon,
        deal_id=deal.id,
        amount=deal_amount(deal),
        customer_is_new=customer_is_new,
        cycle_days=cycle_days,
    )


def deal_lost(deal: Deal, *, irrelevant: bool) -> said.DealLost:
    """Build the loss of a deal, which is closed as lost already."""
    return _of(
        deal,
        said.DealLost,
        deal_id=deal.id,
        amount=deal_amount(deal),
        stage_before_id=deal.stage_before_id or deal.stage_id,
        irrelevant=irrelevant,
        auto=False,
    )


def deal_reopened(deal: Deal, previous: str) -> said.DealReopened:
    """Build the return of a closed deal; `previous` is what it was."""
    return _of(deal, said.DealReopened, deal_id=deal.id, previous=previous, at=deal.updated_at)


def output_added(output: Output) -> said.OutputAdded:
    """Build a new line."""
    return _line(output, said.OutputAdded)


def output_changed(output: Output) -> said.OutputChanged:
    """Build an edit of a line."""
    return _line(output, said.OutputChanged)


def output_removed(output: Output) -> said.OutputRemoved:
    """Build the end of a line."""
    return _line(output, said.OutputRemoved)


def _line(output: Output, event: type[EventT]) -> EventT:
    total = Money(amount=output.total, currency=output.currency)
    return _of(output, event, output_id=output.id, total=total)


def payment_amount(payment: Payment) -> Money:
    """Answer how much a payment is."""
    return Money(amount=payment.amount, currency=payment.currency)


def payment_state(payment: Payment) -> said.PaymentState:
    """Answer what a payment says now."""
    return said.PaymentState(
        status="cancelled" if payment.is_cancelled else payment.status,
        amount=payment_amount(payment),
        date=payment.day,
    )


def payment_recorded(
    payment: Payment, deal: Deal, rate: Decimal | None, rate_kind: str | None
) -> said.PaymentRecorded:
    """Build a new payment; `rate` in national currency on its day, if one is known."""
    return _of(
        payment,
        said.PaymentRecorded,
        payment_id=payment.id,
        customer_id=deal.customer_id,
        amount=payment_amount(payment),
        date=payment.day,
        rate=rate,
        rate_kind=rate_kind,
    )


def payment_changed(payment: Payment, old: said.PaymentState) -> said.PaymentChanged:
    """Build an edit of a payment."""
    new = payment_state(payment)
    return _of(payment, said.PaymentChanged, payment_id=payment.id, old=old, new=new)


def payment_deleted(payment: Payment) -> said.PaymentDeleted:
    """Build the end of a payment."""
    old = payment_state(payment)
    return _of(payment, said.PaymentDeleted, payment_id=payment.id, old=old, new=None)


def currency_id(code: str) -> UUID:
    """Answer the id of a currency, the same in every service."""
    return natural_id("currency", code)


def rate_id(code: str, day: object) -> UUID:
    """Answer the id of a currency's rate on a day."""
    return natural_id("rate", f"{code}/{day}")


def currency_changed(currency: Currency) -> said.CurrencyChanged:
    """Build a change of a currency."""
    return said.CurrencyChanged(
        code=currency.code, national=currency.is_national, reporting=currency.is_reporting
    )


def rate_recorded(rate: Rate) -> said.RateRecorded:
    """Build a dated rate."""
    return said.RateRecorded(code=rate.code, date=rate.day, rate=rate.rate, kind=rate.kind)


def pipeline_defined(pipeline: Pipeline) -> said.PipelineDefined:
    """Build the present look of a pipeline."""
    flags = {"default": pipeline.is_default, "department_id": _text(pipeline.department_id)}
    return _entry(
        pipeline,
        said.PipelineDefined,
        pipeline_id=pipeline.id,
        probability=None,
        flags=flags,
        active=pipeline.is_active,
    )


def stage_defined(stage: Stage) -> said.StageDefined:
    """Build the present look of a stage."""
    flags = {
        "default": stage.is_default,
        "won": stage.is_won,
        "lost": stage.is_lost,
        "second_default": stage.is_second_default,
        "conditional_win": stage.is_conditional_win,
        "shipped": stage.is_shipped,
    }
    return _entry(stage, said.StageDefined, flags=flags, active=stage.is_active)


def closing_reason_defined(reason: ClosingReason) -> said.ClosingReasonDefined:
    """Build the present look of a closing reason."""
    flags = {
        "outcome": reason.outcome,
        "irrelevant": reason.is_irrelevant,
        "department_id": _text(reason.department_id),
    }
    return _entry(
        reason,
        said.ClosingReasonDefined,
        pipeline_id=None,
        probability=None,
        flags=flags,
        active=reason.is_active,
    )


def product_defined(product: Product) -> said.ProductDefined:
    """Build the present look of a product."""
    flags = {"kind": product.kind, "code": product.code, "category": product.category}
    return _entry(
        product,
        said.ProductDefined,
        pipeline_id=None,
        position=None,
        probability=None,
        flags=flags,
        active=product.on_sale,
    )


def _entry(record: Any, event: type[EventT], **told: Any) -> EventT:
    return _of(record, event, deleted=record.deleted_at is not None, **told)


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def import_finished(job: ImportJob) -> said.ImportFinished:
    """Build the end of an import."""
    return _of(job, said.ImportFinished, job_id=job.id, kind="deals", updated=0)
