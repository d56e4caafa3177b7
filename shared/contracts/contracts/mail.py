"""What mail says: letters, communications, mailings, campaigns and mailboxes."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.event import Event
from contracts.vocabulary import (
    PERSONAL,
    AuditEntryEvent,
    FileEvent,
    Part,
    Ref,
    SettingEvent,
)
from kernel.money import Money


class Sender(Part):
    """Who a letter is from."""

    name: Annotated[str | None, PERSONAL] = None
    email: Annotated[str, PERSONAL]


class EmailReceived(Event, validate_by_name=True, serialize_by_alias=True):
    """A letter arrived in a mailbox."""

    topic = "mail.email.received"
    key = "message_id"

    message_id: UUID
    rfc_id: str
    mailbox_id: UUID
    owner_id: UUID | None = None
    team_id: UUID | None = None
    ticket: str | None = None
    sender: Sender = Field(alias="from")  # a word Python keeps for itself
    to: Annotated[tuple[str, ...], PERSONAL]
    subject: str
    sent_at: AwareDatetime
    intake: bool
    has_files: bool


class EmailTie(Event):
    """Base of tying a letter to records; `way` is ticket, thread or hand."""

    message_id: UUID
    direction: str
    links: tuple[Ref, ...]
    way: str
    at: AwareDatetime


class EmailLinked(EmailTie):
    """A letter was tied to records."""

    topic = "mail.email.linked"
    key = "message_id"


class EmailUnlinked(EmailTie):
    """A letter was taken off records."""

    topic = "mail.email.unlinked"
    key = "message_id"


class EmailSent(Event):
    """A letter left for its recipients."""

    topic = "mail.email.sent"
    key = "message_id"

    message_id: UUID
    mailbox_id: UUID
    to: Annotated[tuple[str, ...], PERSONAL]
    links: tuple[Ref, ...]
    ticket: str | None = None
    kind: str
    at: AwareDatetime


class EmailTrouble(Event):
    """Base of letters that did not arrive; `hard` says that trying again is useless."""

    message_id: UUID
    recipient: Annotated[str, PERSONAL]
    hard: bool | None = None
    reason: str
    links: tuple[Ref, ...]


class EmailFailed(EmailTrouble):
    """The mail server refused a letter."""

    topic = "mail.email.failed"
    key = "message_id"


class EmailBounced(EmailTrouble):
    """A letter came back as undeliverable."""

    topic = "mail.email.bounced"
    key = "message_id"


class CommunicationEvent(Event, validate_by_name=True, serialize_by_alias=True):
    """Base of the log of calls, meetings, notes and messages with a client."""

    communication_id: UUID
    record: Ref
    communication_type: str = Field(alias="type")  # `type()` is every event's own
    direction: str
    at: AwareDatetime
    minutes: int | None = None
    author_id: UUID | None = None


class CommunicationLogged(CommunicationEvent):
    """A call, meeting, note or message with a client was logged."""

    topic = "mail.communication.logged"


class CommunicationChanged(CommunicationEvent):
    """A logged communication was corrected."""

    topic = "mail.communication.changed"


class CommunicationDeleted(CommunicationEvent):
    """A logged communication was removed."""

    topic = "mail.communication.deleted"


class MailingEvent(Event):
    """Base of a mailing's life, with its numbers of letters so far."""

    mailing_id: UUID
    owner_id: UUID
    recipients: int
    sent: int
    failed: int
    left_out: int


class MailingStarted(MailingEvent):
    """A mailing began to go out."""

    topic = "mail.mailing.started"


class MailingPaused(MailingEvent):
    """A mailing was paused."""

    topic = "mail.mailing.paused"


class MailingFinished(MailingEvent):
    """A mailing went out to everybody on its list."""

    topic = "mail.mailing.finished"


class MailingCancelled(MailingEvent):
    """A mailing was stopped for good."""

    topic = "mail.mailing.cancelled"


class CampaignEvent(Event, validate_by_name=True, serialize_by_alias=True):
    """Base of a campaign's life: how it looks now."""

    campaign_id: UUID
    name: str
    campaign_type: str = Field(alias="type")  # `type()` is every event's own
    budget: Money
    start: date
    end: date | None = None
    source_id: UUID | None = None
    status: str


class CampaignCreated(CampaignEvent):
    """A campaign was planned."""

    topic = "mail.campaign.created"


class CampaignChanged(CampaignEvent):
    """A campaign got other data."""

    topic = "mail.campaign.changed"


class CampaignActivated(CampaignEvent):
    """A campaign began."""

    topic = "mail.campaign.activated"


class CampaignCompleted(CampaignEvent):
    """A campaign came to its end."""

    topic = "mail.campaign.completed"


class CampaignCancelled(CampaignEvent):
    """A campaign was called off."""

    topic = "mail.campaign.cancelled"


class CampaignProgress(Event):
    """Base of what happens in a running campaign; `sent` counts the letters of a step."""

    campaign_id: UUID
    lead_id: UUID | None = None
    step_id: UUID | None = None
    sent: int | None = None
    at: AwareDatetime


class CampaignLeadEnrolled(CampaignProgress):
    """A lead joined a campaign."""

    topic = "mail.campaign.lead_enrolled"


class CampaignLeadUnenrolled(CampaignProgress):
    """A lead left a campaign."""

    topic = "mail.campaign.lead_unenrolled"


class CampaignStepSent(CampaignProgress):
    """A step of a campaign was sent."""

    topic = "mail.campaign.step_sent"


class RecipientEvent(Event):
    """Base of an address's wish; `recipient_id` is the address's preference in mail."""

    recipient_id: UUID
    address: Annotated[str, PERSONAL]
    links: tuple[Ref, ...]
    mailing_id: UUID | None = None
    campaign_id: UUID | None = None
    at: AwareDatetime


class RecipientUnsubscribed(RecipientEvent):
    """Somebody asked for no more mailings."""

    topic = "mail.recipient.unsubscribed"


class RecipientResubscribed(RecipientEvent):
    """Somebody asked for mailings again."""

    topic = "mail.recipient.resubscribed"


class MailboxFailed(Event):
    """A mailbox could not be read or logged in to."""

    topic = "mail.mailbox.failed"

    mailbox_id: UUID
    owner_id: UUID
    error: str


class SettingChanged(SettingEvent):
    """Settings of mail were changed, imported or reset."""

    topic = "mail.setting.changed"


class FileAdded(FileEvent):
    """A file was attached to a record of mail."""

    topic = "mail.file.added"


class FileRemoved(FileEvent):
    """A file was taken off a record of mail."""

    topic = "mail.file.removed"


class AuditRecorded(AuditEntryEvent):
    """A change of a record of mail was noted: who, when, how, old and new values."""

    topic = "mail.audit.recorded"
