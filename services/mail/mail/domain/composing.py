"""Writes the original of an outgoing letter, ready to be sent and the same at every try."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from kernel.text import email_key
from mail.domain.letter import Address

CRM_HEADER: Final = "X-CRM-ID"
POLICY: Final = SMTP.clone(cte_type="7bit")
"""Nothing but ASCII travels, so that no server on the way writes the letter anew."""


@dataclass(frozen=True)
class Draft:
    """What a letter is written from; ticket and footer are in subject and texts already."""

    message_id: UUID
    sender: Address
    to: Sequence[Address]
    cc: Sequence[Address]
    subject: str
    text: str
    html: str | None
    references: Sequence[str] = ()


def rfc_id(message_id: UUID, sender: str) -> str:
    """Answer the fixed Message-ID of a letter of ours."""
    return f"<{message_id}@{wire(sender).rpartition('@')[2]}>"


def wire(address: str) -> str:
    """Spell an address as it travels: its domain in ASCII."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{email_key(f'x@{domain}')[2:]}"


def compose(draft: Draft, at: datetime) -> bytes:
    """Write the letter with CRLF line ends."""
    message = EmailMessage(policy=POLICY)
    message["Message-ID"] = rfc_id(draft.message_id, draft.sender.email)
    message["Date"] = format_datetime(at)
    message["From"] = _header(draft.sender)
    message["To"] = tuple(map(_header, draft.to))
    if draft.cc:
        message["Cc"] = tuple(map(_header, draft.cc))
    message["Subject"] = draft.subject
    message[CRM_HEADER] = str(draft.message_id)
    if draft.references:
        message["In-Reply-To"] = draft.references[-1]
        message["References"] = " ".join(draft.references)
    message.set_content(draft.text)
    if draft.html:
        message.add_alternative(draft.html, subtype="html")
    return message.as_bytes()


def _header(address: Address) -> HeaderAddress:
    return HeaderAddress(address.name, addr_spec=wire(address.email))
