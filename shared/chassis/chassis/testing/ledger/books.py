"""The ledger's accounts and its one interesting command: book an amount."""

from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Table, new_metadata
from chassis.event_log import emit
from chassis.testing.ledger.contract import AccountOpened, AmountBooked
from kernel.errors import NotFound
from kernel.ids import uuid7

MIGRATIONS = Path(__file__).parent / "migrations"


class Base(Table):
    """Tables of the ledger."""

    __abstract__ = True
    metadata = new_metadata()


class Account(Base):
    """An account and what is on it."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    balance: Mapped[int]
    note: Mapped[str | None]


async def open_account(session: AsyncSession, name: str, balance: int = 0) -> Account:
    """Open an account."""
    account = Account(id=uuid7(), version=1, name=name, balance=balance, note=None)
    session.add(account)
    emit(session, AccountOpened(account_id=account.id, name=name), account.version)
    return account


async def book_amount(
    session: AsyncSession, account_id: UUID, amount: int, *, poison: bool = False
) -> Account:
    """Add an amount to an account, and tell."""
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound("There is no such account.")
    account.version += 1
    account.balance += amount
    await session.execute(
        text("insert into change values (:account_id, :version, :amount)"),
        {"account_id": account_id, "version": account.version, "amount": amount},
    )
    booked = AmountBooked(account_id=account_id, amount=amount, poison=poison)
    emit(session, booked, account.version)
    return account
