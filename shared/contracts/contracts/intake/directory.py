"""What intake says about companies, contacts and customers."""

from typing import Annotated
from uuid import UUID

from contracts.event import Event
from contracts.vocabulary import PERSONAL, Changes, Number


class CompanyEvent(Event):
    """Base of a company's life: how it looks now, and what changed."""

    company_id: UUID
    name: str
    country: str | None = None
    city: str | None = None
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    active: bool
    owner_id: UUID | None = None
    department_id: UUID | None = None
    changed: Changes | None = None


class CompanyCreated(CompanyEvent):
    """A company was added to the directory."""

    topic = "intake.company.created"


class CompanyUpdated(CompanyEvent):
    """Fields of a company changed."""

    topic = "intake.company.updated"


class CompanyDeleted(CompanyEvent):
    """A company was removed; it can be brought back."""

    topic = "intake.company.deleted"


class CompanyRestored(CompanyEvent):
    """A removed company is back."""

    topic = "intake.company.restored"


class ContactEvent(Event):
    """Base of a contact's life: how it looks now."""

    contact_id: UUID
    name: Annotated[str, PERSONAL]
    emails: Annotated[tuple[str, ...], PERSONAL]
    phones: Annotated[tuple[str, ...], PERSONAL]
    company_id: UUID | None = None
    do_not_email: bool
    active: bool
    owner_id: UUID | None = None


class ContactCreated(ContactEvent):
    """A person was added to the directory."""

    topic = "intake.contact.created"


class ContactUpdated(ContactEvent):
    """Fields of a contact changed."""

    topic = "intake.contact.updated"


class ContactDeleted(ContactEvent):
    """A contact was removed; it can be brought back."""

    topic = "intake.contact.deleted"


class ContactRestored(ContactEvent):
    """A removed contact is back."""

    topic = "intake.contact.restored"


class ContactErased(ContactEvent):
    """A person's data were erased for good; every copy of them must be blanked."""

    topic = "intake.contact.erased"


class CustomerEvent(Event):
    """Base of a customer's life: its terms now; `discount` in percent."""

    customer_id: UUID
    code: str
    name: Annotated[str, PERSONAL]
    email: Annotated[str | None, PERSONAL] = None
    company_id: UUID | None = None
    contact_id: UUID | None = None
    group_id: UUID | None = None
    owner_id: UUID | None = None
    discount: Number
    currency: str
    terms: str
    credit_limit: Number
    status: str
    blacklisted: bool
    deal_id: UUID | None = None


class CustomerCreated(CustomerEvent):
    """A company or person became a customer."""

    topic = "intake.customer.created"


class CustomerUpdated(CustomerEvent):
    """Terms or other fields of a customer changed."""

    topic = "intake.customer.updated"


class CustomerBlacklisted(CustomerEvent):
    """A customer was put on the black list or taken off it."""

    topic = "intake.customer.blacklisted"


class CustomerDeleted(CustomerEvent):
    """A customer was removed; it can be brought back."""

    topic = "intake.customer.deleted"


class CustomerRestored(CustomerEvent):
    """A removed customer is back."""

    topic = "intake.customer.restored"


class PartyEvent(Event):
    """Base of uniting duplicates; the record that stays is the aggregate."""

    kind: str
    from_id: UUID
    into_id: UUID


class PartyMerged(PartyEvent):
    """Two records of the same company, person or customer were united into one."""

    topic = "intake.party.merged"
    key = "into_id"


class PartyMergeUndone(PartyEvent):
    """Two united records are apart again."""

    topic = "intake.party.merge_undone"
    key = "into_id"


class PartyHandedOver(Event):
    """A company and its people got another owner, on request with their open deals."""

    topic = "intake.party.handed_over"
    key = "company_id"

    company_id: UUID
    contact_ids: tuple[UUID, ...]
    lead_ids: tuple[UUID, ...]
    old_owner_id: UUID | None = None
    owner_id: UUID
    with_deals: bool
