"""A letter as it was read from its original: everything capped, cleaned and safe to keep."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Address:
    """Somebody in From, To or Cc."""

    email: str
    name: str = ""


@dataclass(frozen=True)
class Attachment:
    """What is known of an attached file; its content stays in the original."""

    name: str
    media_type: str
    size: int | None = None
    content_id: str | None = None


@dataclass(frozen=True)
class Letter:
    """One letter. `rfc_id` is its Message-ID with brackets, `crm_id` our own mark (X-CRM-ID).

    `defect` says why it could not be read completely; the original is kept in any case.
    """

    rfc_id: str
    subject: str = ""
    sender: Address = Address("")
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    sent_at: datetime | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    crm_id: str | None = None
    text: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    defect: str | None = None

    @property
    def answers(self) -> tuple[str, ...]:
        """Answer the Message-IDs this letter follows, the nearest first."""
        nearest = (self.in_reply_to,) if self.in_reply_to else ()
        return tuple(dict.fromkeys((*nearest, *reversed(self.references))))
