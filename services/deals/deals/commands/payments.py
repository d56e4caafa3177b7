"""Records, changes and deletes payments (DEA-088 to DEA-096)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from deals import events
from deals.commands.changes import (
    appeared,
    bury,
    changed_since,
    disappeared,
    new,
    revive,
    say,
    stamp,
    values_of,
)
from deals.commands.paid_in_full import settle_paid_in_full
from deals.models import Deal, Payment
from deals.queries.parts import living_deal_of
from deals.queries.preferences import get_preferences
from deals.queries.rates import find_rate
from deals.queries.references import check_references
from kernel import clock
from kernel.errors import invalid

FIELDS = (
    "amount",
    "day",
    "status",
    "contract_no",
    "invoice_no",
    "order_no",
    "via_representation",
)


async def record_payment(session: AsyncSession, deal: Deal, values: Mapping[str, Any]) -> Payment:
    """Add a payment to a locked deal.

    Raises:
        Invalid: the currency is unknown, or it was received in the future.
    """
    await check_references(session, {"currency": values["currency"]})
    _refuse_future_receipt(values["status"], values["day"])
    payment = new(session, Payment, deal_id=deal.id, **values)
    await _count(session, deal, payment, "payment_recorded")
    return payment


async def update_payment(
    session: AsyncSession, deal: Deal, payment: Payment, given: Mapping[str, Any]
) -> None:
    """Edit a payment of a locked deal."""
    if "currency" in given and given["currency"] != payment.currency:
        await check_references(session, {"currency": given["currency"]})
    old, before = events.payment_state(payment), values_of(payment, FIELDS)
    for name, value in given.items():
        setattr(payment, name, value)
    _refuse_future_receipt(payment.status, payment.day)
    payment.is_cancelled = _is_cancelled(deal, payment)
    changes = changed_since(before, payment)
    if not changes:
        return
    stamp(session, payment)
    say(session, payment, events.payment_changed(payment, old))
    note_payment(session, payment, "payment_changed", changes)
    await settle_paid_in_full(session, deal)


async def delete_payment(session: AsyncSession, deal: Deal, payment: Payment) -> None:
    """Remove a payment of a locked deal softly."""
    bury(session, payment)
    say(session, payment, events.payment_deleted(payment))
    note_payment(session, payment, "payment_deleted", disappeared(payment, FIELDS))
    await settle_paid_in_full(session, deal)


async def restore_payment(session: AsyncSession, payment: Payment) -> None:
    """Bring a removed, locked payment back, which is told like a new one."""
    deal = await living_deal_of(session, payment)
    revive(session, payment)
    await _count(session, deal, payment, "payment_restored")


async def _count(session: AsyncSession, deal: Deal, payment: Payment, action: str) -> None:
    """Tell and audit a payment that counts from now on."""
    payment.is_cancelled = _is_cancelled(deal, payment)
    max_age = (await get_preferences(session)).max_rate_age_days
    rate, kind = await find_rate(session, payment.currency, payment.day, clock.today(), max_age)
    say(session, payment, events.payment_recorded(payment, deal, rate, kind))
    note_payment(session, payment, action, appeared(payment, FIELDS))
    await settle_paid_in_full(session, deal)


def _is_cancelled(deal: Deal, payment: Payment) -> bool:
    return deal.status == "lost" and payment.status != "received"


def _refuse_future_receipt(status: str, day: date) -> None:
    if status == "received" and day > clock.today():
        raise invalid("date", "money cannot be received in the future", "date_in_future")


def note_payment(session: AsyncSession, payment: Payment, action: str, changes: Any) -> None:
    """Note a payment's change in the timeline of its deal."""
    noted = {"payment": (None, str(payment.id)), **changes}
    audit.record(session, "deal", payment.deal_id, action, noted)
