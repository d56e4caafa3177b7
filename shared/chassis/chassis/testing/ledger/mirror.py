"""The mirror: hears bookings and adds them up, with nothing of its own against repeats."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.event_log import emit
from chassis.subscriptions import Heard, Subscription
from chassis.testing.ledger.contract import AccountOpened, AmountBooked, BookingMirrored

BOOK = text(
    "insert into booking (event_id, account_id, version, amount, said_at)"
    " values (:event_id, :account_id, :version, :amount, :said_at)"
)
ADD = text(
    "insert into mirrored_account values (:account_id, :amount)"
    " on conflict (id) do update set balance = mirrored_account.balance + excluded.balance"
)


class IndigestibleError(Exception):
    """A booking that cannot be taken over."""


def new_mirror(batch: int = 200) -> Subscription:
    """Make the mirror's subscription; each call makes one of its own."""
    bookings = Subscription("mirror", "bookings", batch=batch)

    @bookings.on(AmountBooked)
    async def mirror_booking(session: AsyncSession, heard: Heard[AmountBooked]) -> None:
        event, envelope = heard.event, heard.envelope
        values = {
            "event_id": envelope.id,
            "account_id": event.account_id,
            "version": envelope.aggregateversion,
            "amount": event.amount,
            "said_at": envelope.time,
        }
        await session.execute(BOOK, values)
        await session.execute(ADD, values)
        if event.poison:
            raise IndigestibleError(f"booking {envelope.id} is poison")
        mirrored = BookingMirrored(booking_id=envelope.id, account_id=event.account_id)
        emit(session, mirrored, 1)

    @bookings.on(AccountOpened)
    async def mirror_account(session: AsyncSession, heard: Heard[AccountOpened]) -> None:
        await session.execute(ADD, {"account_id": heard.event.account_id, "amount": 0})

    return bookings
