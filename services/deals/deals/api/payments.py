"""Payments of deals."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Day, Flag, Input, Output
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from deals.api.answers import page_of, point_to
from deals.api.callers import PaymentsAdder, PaymentsChanger, PaymentsReader
from deals.api.deleted_records import DeletedPayments, PaymentToRestore
from deals.api.fields import unsent
from deals.commands.payments import (
    delete_payment,
    record_payment,
    restore_payment,
    update_payment,
)
from deals.models import Payment
from deals.queries.deals import get_deal, lock_deal
from deals.queries.parts import get_part, lock_part, visible_parts
from deals.queries.payments import has_status
from kernel.money import Money
from kernel.pages import Page
from kernel.text import Line

router = APIRouter(tags=["payments"], route_class=Route)
ORDER = Order(
    {"date": Payment.day, "amount": Payment.amount, "created_at": Payment.created_at},
    "-date",
    Payment.id,
)

Status = Literal["received", "guaranteed", "high", "low"]
ShownStatus = Literal["received", "guaranteed", "high", "low", "cancelled"]
Number = Annotated[str, Line(64)]


def _some(money: Money) -> Money:
    if money.amount <= 0:
        raise PydanticCustomError("money_not_positive", "Input should be greater than 0")
    return money


SomeMoney = Annotated[Money, AfterValidator(_some)]


class PaymentFields(Input):
    """What a payment may say beside amount, date and status."""

    contract_no: Number | None = None
    invoice_no: Number | None = None
    order_no: Number | None = None
    via_representation: Flag = unsent()

    def columns(self) -> dict[str, Any]:
        """Answer what was sent, by column."""
        values = self.given()
        if "amount" in values:
            money: Money = values["amount"]
            values |= {"amount": money.amount, "currency": money.currency}
        if "date" in values:
            values["day"] = values.pop("date")
        return values


class PaymentIn(PaymentFields):
    """A new payment; `date` is when it came in, or when it is expected."""

    amount: SomeMoney
    date: Day
    status: Status


class PaymentOfDealIn(PaymentIn):
    """A new payment that names its deal."""

    deal_id: UUID

    def columns(self) -> dict[str, Any]:
        """Answer what was sent, by column."""
        return {name: value for name, value in super().columns().items() if name != "deal_id"}


class PaymentPatch(PaymentFields):
    """What may change of a payment."""

    amount: SomeMoney = unsent()
    date: Day = unsent()
    status: Status = unsent()


class PaymentOut(Output):
    """A payment; those expected of a lost deal are cancelled until it is reopened."""

    id: UUID
    version: int
    deal_id: UUID
    amount: Money
    date: Day
    status: ShownStatus
    contract_no: str | None
    invoice_no: str | None
    order_no: str | None
    via_representation: bool


@router.get("/payments")
async def list_payments(
    session: ReadSession,
    caller: PaymentsReader,
    *,
    paging: Paging,
    deleted: DeletedPayments,
    deal: UUID | None = None,
    status: ShownStatus | None = None,
    date_from: Day | None = None,
    date_to: Day | None = None,
) -> Page[PaymentOut]:
    """List payments, newest first."""
    query = visible_parts(Payment, caller, deleted=deleted)
    if deal:
        query = query.where(Payment.deal_id == deal)
    if status:
        query = query.where(has_status(status))
    if date_from:
        query = query.where(Payment.day >= date_from)
    if date_to:
        query = query.where(Payment.day <= date_to)
    page = await fetch_page(session, query, ORDER, paging)
    return page_of(page, _shown)


@router.get("/deals/{deal_id}/payments")
async def list_payments_of_deal(
    deal_id: UUID,
    session: ReadSession,
    caller: PaymentsReader,
    paging: Paging,
    deleted: DeletedPayments,
) -> Page[PaymentOut]:
    """List the payments of a deal, newest first."""
    await get_deal(session, deal_id, caller)
    return await list_payments(session, caller, paging=paging, deleted=deleted, deal=deal_id)


@router.post("/payments", status_code=201)
async def create(
    body: PaymentOfDealIn, response: Response, session: WriteSession, caller: PaymentsAdder
) -> PaymentOut:
    """Record a payment of a deal."""
    return await create_for_deal(body.deal_id, body, response, session, caller)


@router.post("/deals/{deal_id}/payments", status_code=201)
async def create_for_deal(
    deal_id: UUID,
    body: PaymentIn,
    response: Response,
    session: WriteSession,
    caller: PaymentsAdder,
) -> PaymentOut:
    """Record a payment of a deal."""
    deal = await lock_deal(session, deal_id, caller)
    caller.require("deals.payment.add", deal)
    payment = await record_payment(session, deal, body.columns())
    point_to(response, f"payments/{payment.id}", payment)
    return _shown(payment)


@router.get("/payments/{payment_id}")
async def read(
    payment_id: UUID, response: Response, session: ReadSession, caller: PaymentsReader
) -> PaymentOut:
    """Read a payment."""
    payment = await get_part(session, Payment, payment_id, caller)
    tag(response, payment.version)
    return _shown(payment)


@router.patch("/payments/{payment_id}")
async def update(
    payment_id: UUID,
    body: PaymentPatch,
    *,
    response: Response,
    session: WriteSession,
    caller: PaymentsChanger,
    if_match: IfMatch,
) -> PaymentOut:
    """Edit a payment."""
    deal, payment = await lock_part(session, Payment, payment_id, caller)
    expect_version(payment.version, if_match)
    caller.require("deals.payment.change", deal)
    await update_payment(session, deal, payment, body.columns())
    tag(response, payment.version)
    return _shown(payment)


@router.delete("/payments/{payment_id}", status_code=204)
async def delete(
    payment_id: UUID, session: WriteSession, caller: PaymentsReader, if_match: IfMatch
) -> Response:
    """Remove a payment; a received one needs the right to delete payments (DEA-095)."""
    deal, payment = await lock_part(session, Payment, payment_id, caller)
    expect_version(payment.version, if_match)
    received = payment.status == "received"
    caller.require(f"deals.payment.{'delete' if received else 'change'}", deal)
    await delete_payment(session, deal, payment)
    return Response(status_code=204)


@router.post("/payments/{payment_id}/restore")  # noqa: FAST003 - taken by PaymentToRestore
async def restore(
    payment: PaymentToRestore, response: Response, session: WriteSession
) -> PaymentOut:
    """Bring a deleted payment back. For administrators."""
    await restore_payment(session, payment)
    tag(response, payment.version)
    return _shown(payment)


def _shown(payment: Payment) -> PaymentOut:
    return PaymentOut.model_validate(
        {
            "id": payment.id,
            "version": payment.version,
            "deal_id": payment.deal_id,
            "amount": Money(amount=payment.amount, currency=payment.currency),
            "date": payment.day,
            "status": "cancelled" if payment.is_cancelled else payment.status,
            "contract_no": payment.contract_no,
            "invoice_no": payment.invoice_no,
            "order_no": payment.order_no,
            "via_representation": payment.via_representation,
        }
    )
