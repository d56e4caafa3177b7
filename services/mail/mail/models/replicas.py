"""What mail keeps of other services' records, fed by their events."""

from uuid import UUID

from sqlalchemy import BigInteger, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from mail.models.base import Base


class Account(Base):
    """A user: owner of mailboxes and letters."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    email: Mapped[str]
    active: Mapped[bool]
    department_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    team_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))


class CrmRecord(Base):
    """A deal, request, lead, contact or company that letters are written from and tied to.

    Version 0 is a record that was announced by another one's event and not yet by its own.
    """

    __tablename__ = "crm_record"
    __table_args__ = (Index(None, "ticket", postgresql_where=text("ticket is not null")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    ticket: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    co_owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    lead_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
    removed: Mapped[bool] = mapped_column(default=False)
