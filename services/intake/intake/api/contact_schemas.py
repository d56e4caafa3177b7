"""Bodies of contacts."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.http.schemas import Day, Flag
from intake.api.fields import Address, Assignment, Emails, FirstName, Name100, Phone
from intake.api.records import AddressOut, OwnedOut
from intake.models.contact import Sex
from kernel.text import Line, Paragraphs


class ContactPatch(Assignment, Address):
    """The fields of a contact that can be changed; the first of the e-mails is the main one."""

    first_name: FirstName = ""
    middle_name: Name100 | None = None
    last_name: Name100 | None = None
    emails: Emails = Field(default_factory=list)
    phone: Phone | None = None
    mobile: Phone | None = None
    office_phone: Phone | None = None
    company_id: UUID | None = None
    job_title: Annotated[str, Line(255)] | None = None
    department_name: Name100 | None = None
    birth_date: Day | None = None
    sex: Sex | None = None
    source_id: UUID | None = None
    description: Annotated[str, Paragraphs(10_000)] | None = None
    do_not_email: Flag = False
    do_not_call: Flag = False
    active: Flag = True


class ContactIn(ContactPatch):
    """A contact a user adds."""

    first_name: FirstName


class ContactOut(OwnedOut, AddressOut):
    """A contact; `client_requests` counts the requests from this person."""

    name: str
    first_name: str
    middle_name: str | None
    last_name: str | None
    emails: list[str]
    phone: str | None
    phone_e164: str | None
    mobile: str | None
    office_phone: str | None
    company_id: UUID | None
    company_name: str | None
    job_title: str | None
    department_name: str | None
    birth_date: date | None
    sex: Sex | None
    source_id: UUID | None
    description: str | None
    do_not_email: bool
    do_not_call: bool
    active: bool
    client_requests: int
