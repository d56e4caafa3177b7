"""Letters: what they say, where they were seen, what they belong to, how far they were sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from mail.models.base import Base


class Message(Record, Base):
    """A letter, in or out. `at` is when it was sent, or written as long as it is a draft.

    `digest` tells letters of one Message-ID apart, and `doubted` marks one that came under a known
    Message-ID with other content; `aliases` are the Message-IDs that mail servers gave it instead.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "uq_message_rfc_id_digest",
            "rfc_id",
            "digest",
            unique=True,
            postgresql_where=text("deleted_at is null"),
        ),
        Index(None, "rfc_id"),
        Index(
            "ix_message_aliases",
            "aliases",
            postgresql_using="gin",
            postgresql_where=text("aliases <> '{}'"),
        ),
        Index(None, "deleted_at", postgresql_where=text("deleted_at is not null")),
        Index(None, "dated_at", "id"),
        Index(None, "owner_id", "dated_at"),
        Index(None, "ticket", postgresql_where=text("ticket is not null")),
    )

    direction: Mapped[str]
    state: Mapped[str]
    mailbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("mailbox.id"))
    owner_id: Mapped[UUID]
    co_owner_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    rfc_id: Mapped[str | None]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    digest: Mapped[bytes | None]
    doubted: Mapped[bool] = mapped_column(default=False)
    in_reply_to: Mapped[str | None]
    references: Mapped[list[str]] = mapped_column("reference_ids", ARRAY(Text), default=list)
    sender: Mapped[dict[str, Any]]
    to: Mapped[list[dict[str, str]]] = mapped_column("recipients_to", JSONB)
    cc: Mapped[list[dict[str, str]]] = mapped_column("recipients_cc", JSONB)
    subject: Mapped[str]
    ticket: Mapped[str | None]
    at: Mapped[datetime] = mapped_column("dated_at")
    sent_at: Mapped[datetime | None]
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    defect: Mapped[str | None]
    error: Mapped[str | None]


class Body(Base):
    """The large parts of a letter, read only when it is opened; `original` is the .eml."""

    __tablename__ = "body"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), primary_key=True)
    text: Mapped[str]
    html: Mapped[str | None]
    headers: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    original: Mapped[bytes | None]


class Link(Base):
    """A record this letter belongs to, and how that became known."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_record_id", "record_id", "message_id"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    way: Mapped[str]


class Location(Base):
    """A place on a mail server where the letter lies; a UID is one folder's own."""

    __tablename__ = "location"
    __table_args__ = (Index(None, "message_id"), Index(None, "folder_id", "rfc_id"))

    folder_id: Mapped[UUID] = mapped_column(ForeignKey("folder.id"), primary_key=True)
    uidvalidity: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    uid: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    mailbox_id: Mapped[UUID] = mapped_column(ForeignKey("mailbox.id"))
    rfc_id: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)


class WaitingLetter(Base):
    """A place where a letter lies whose tickets lead to no live record yet; nothing else is kept.

    Once one of them does, the letter is fetched again.
    """

    __tablename__ = "waiting_letter"
    __table_args__ = (Index(None, "tickets", postgresql_using="gin"),)

    folder_id: Mapped[UUID] = mapped_column(ForeignKey("folder.id"), primary_key=True)
    uidvalidity: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    uid: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    mailbox_id: Mapped[UUID] = mapped_column(ForeignKey("mailbox.id"))
    rfc_id: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    tickets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    found_at: Mapped[datetime]


class RemovedLetter(Base):
    """How a removed letter is told again, also when nothing else is left of it.

    It outlives the letter, its mailbox and every numbering of a folder, so what was removed is not
    stored anew wherever it turns up: the same content under the same Message-ID or our own mark.
    """

    __tablename__ = "removed_letter"
    __table_args__ = (Index(None, "digest"),)

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    rfc_id: Mapped[str]
    digest: Mapped[bytes]


class Outgoing(Base):
    """A letter that waits to be sent, and how far the present try came."""

    __tablename__ = "outgoing"
    __table_args__ = (Index(None, "next_at"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), primary_key=True)
    stage: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime]
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_epoch: Mapped[int] = mapped_column(BigInteger, default=0)


class Recipient(Base):
    """What the server said about one recipient."""

    __tablename__ = "recipient"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    code: Mapped[int | None]
    reply: Mapped[str | None]
