"""What can be removed for good, and what keeps a mailbox from it (GAT-014)."""

from typing import Final

from sqlalchemy import exists

from chassis.removal import Removable
from mail.models import (
    Body,
    Folder,
    Link,
    Location,
    Mailbox,
    Message,
    Outgoing,
    Recipient,
    WaitingLetter,
)
from mail.queries.mailboxes import MANAGE
from mail.queries.messages import DELETE

REMOVABLES: Final = (
    Removable(
        "messages/{message_id}",
        Message,
        DELETE,
        parts=(
            Body.message_id,
            Link.message_id,
            Recipient.message_id,
            Outgoing.message_id,
            Location.message_id,
        ),
        audited_as="email",
    ),
    Removable(
        "mailboxes/{mailbox_id}",
        Mailbox,
        MANAGE,
        parts=(WaitingLetter.mailbox_id, Folder.mailbox_id),
        kept_by=(
            exists().where(Message.mailbox_id == Mailbox.id),
            exists().where(Location.mailbox_id == Mailbox.id),  # by it, its owner sees the letter
        ),
    ),
)
