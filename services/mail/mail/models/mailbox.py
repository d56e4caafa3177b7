"""Mailboxes with their log-in data, and how far each of their folders was read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from mail.models.base import Base


class Mailbox(Record, Base):
    """A mailbox of a user. `secret` is sealed; the last columns are the reader's own business.

    Whoever holds `lease_epoch` may write what it read until `lease_until`, both by the clock of the
    database; a reader that lost its lease changes nothing any more.
    """

    __tablename__ = "mailbox"
    __table_args__ = (
        Index(
            "uq_mailbox_main",
            "owner_id",
            unique=True,
            postgresql_where=text("main and deleted_at is null"),
        ),
        Index(None, "owner_id"),
        Index(None, "next_due", postgresql_where=text("sync and deleted_at is null")),
    )

    name: Mapped[str]
    address: Mapped[str]
    owner_id: Mapped[UUID]
    co_owner_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    smtp_host: Mapped[str]
    smtp_port: Mapped[int]
    smtp_security: Mapped[str]
    imap_host: Mapped[str | None]
    imap_port: Mapped[int | None]
    imap_security: Mapped[str | None]
    user: Mapped[str] = mapped_column("login")
    secret: Mapped[bytes | None]
    secret_kind: Mapped[str] = mapped_column(default="password")
    main: Mapped[bool]
    mailings: Mapped[bool]
    sync: Mapped[bool]
    intake: Mapped[str]
    daily_limit: Mapped[int]
    state: Mapped[str] = mapped_column(default="new")
    last_error: Mapped[str | None]
    last_sync_at: Mapped[datetime | None]
    fail_streak: Mapped[int] = mapped_column(default=0)
    next_due: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_epoch: Mapped[int] = mapped_column(BigInteger, default=0)


class Folder(Base):
    """A folder that is read, up to `last_uid` of this UIDVALIDITY.

    `recovering_since` is set after UIDVALIDITY changed and until all letters were matched again: it
    says when the folder had last been read completely.
    """

    __tablename__ = "folder"
    __table_args__ = (UniqueConstraint("mailbox_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    mailbox_id: Mapped[UUID] = mapped_column(ForeignKey("mailbox.id"))
    name: Mapped[str]
    role: Mapped[str]
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    scanned_at: Mapped[datetime]
    recovering_since: Mapped[datetime | None]
