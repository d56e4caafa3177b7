"""Tables of mail."""

from mail.models.base import Base
from mail.models.mailbox import Folder, Mailbox
from mail.models.message import (
    Body,
    Link,
    Location,
    Message,
    Outgoing,
    Recipient,
    RemovedLetter,
    WaitingLetter,
)
from mail.models.replicas import Account, CrmRecord

__all__ = [
    "Account",
    "Base",
    "Body",
    "CrmRecord",
    "Folder",
    "Link",
    "Location",
    "Mailbox",
    "Message",
    "Outgoing",
    "Recipient",
    "RemovedLetter",
    "WaitingLetter",
]
