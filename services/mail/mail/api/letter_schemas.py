"""Letters as the API takes and shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.http.schemas import Flag, Input, Output
from kernel.text import Email, Line, Paragraphs
from mail.domain.letter import Address
from mail.models import Body, Link, Message, Recipient

RecordKind = Literal["deal", "request", "lead", "contact", "company"]
MOST_RECIPIENTS = 100


class RecordIn(Input):
    """The record a letter is written from."""

    kind: RecordKind
    id: UUID


class AddressIn(Input):
    """A recipient."""

    email: Email
    name: Annotated[str, Line(200, min_length=0)] = ""


Recipients = Annotated[list[AddressIn], Field(max_length=MOST_RECIPIENTS)]
Subject = Annotated[str, Line(400, min_length=0)]
Text = Annotated[str, Paragraphs(500_000)]
Html = Annotated[str, Paragraphs(1_000_000)]


class LetterIn(Input):
    """A new letter; `to` and `subject` come from the record unless they are given."""

    record: RecordIn | None = None
    mailbox_id: UUID | None = None
    to: Recipients | None = None
    cc: Recipients = Field(default_factory=list)
    subject: Subject | None = None
    text: Text = ""
    html: Html | None = None


class LetterChange(Input):
    """What changes of a letter that was not sent."""

    mailbox_id: UUID | None = None
    to: Recipients = Field(default_factory=list)
    cc: Recipients = Field(default_factory=list)
    subject: Subject = ""
    text: Text = ""
    html: Html | None = None


class SendIn(Input):
    """An order to send; `again` for a letter whose first sending ended in the dark."""

    again: Flag = False


class AddressOut(Output):
    """Somebody in From, To or Cc."""

    email: str
    name: str


class AttachmentOut(Output):
    """An attached file; its place in the list is its number."""

    name: str
    media_type: str
    size: int | None
    content_id: str | None


class LinkOut(Output):
    """A record the letter belongs to: `way` is ticket, thread or hand."""

    kind: str
    id: UUID = Field(validation_alias="record_id")
    way: str


class LetterLine(Output):
    """A letter in a list. `error` is what the mail server said, `defect` why it is incomplete."""

    id: UUID
    version: int
    direction: Literal["in", "out"]
    state: Literal["draft", "queued", "sending", "sent", "failed", "uncertain", "received"]
    mailbox_id: UUID | None
    owner_id: UUID
    sender: AddressOut
    to: list[AddressOut]
    cc: list[AddressOut]
    subject: str
    ticket: str | None
    at: datetime
    sent_at: datetime | None
    attachments: list[AttachmentOut]
    links: list[LinkOut]
    doubted: bool
    defect: str | None
    error: str | None


class DeliveryOut(Output):
    """What became of a letter for one recipient, in the server's words."""

    address: str
    state: str
    code: int | None
    reply: str | None


class LetterOut(LetterLine):
    """A letter with its texts; the HTML is sanitised."""

    rfc_id: str | None
    text: str
    html: str | None
    headers: list[tuple[str, str]]
    deliveries: list[DeliveryOut]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


def line(message: Message, links: Sequence[Link]) -> LetterLine:
    """Show a letter in a list."""
    names = LetterLine.model_fields.keys() - {"links"}
    return LetterLine.model_validate(
        {name: getattr(message, name) for name in names}
        | {"links": [LinkOut.model_validate(link) for link in links]}
    )


def whole(
    message: Message, body: Body, links: Sequence[Link], recipients: Sequence[Recipient]
) -> LetterOut:
    """Show a letter with its texts."""
    own = ("rfc_id", "created_at", "created_by", "updated_at", "updated_by")
    return LetterOut.model_validate(
        dict(line(message, links))
        | {name: getattr(message, name) for name in own}
        | {"text": body.text, "html": body.html, "headers": body.headers}
        | {"deliveries": [DeliveryOut.model_validate(recipient) for recipient in recipients]}
    )


def addresses(given: Sequence[AddressIn]) -> list[Address]:
    """Turn recipients into addresses, each once."""
    return list({one.email: Address(one.email, one.name) for one in given}.values())
