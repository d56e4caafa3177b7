"""Bodies of companies."""

from typing import Annotated

from pydantic import Field

from chassis.http.schemas import Flag
from intake.api.fields import Address, Assignment, Name100, Phone, Website
from intake.api.records import AddressOut, OwnedOut
from kernel.text import Email, Line, Paragraphs

CompanyName = Annotated[str, Line(255)]


class CompanyPatch(Assignment, Address):
    """The fields of a company that can be changed."""

    name: CompanyName = ""
    alternative_names: Annotated[list[CompanyName], Field(max_length=20, default_factory=list)]
    website: Website | None = None
    email: Email | None = None
    phone: Phone | None = None
    industry: Name100 | None = None
    description: Annotated[str, Paragraphs(10_000)] | None = None
    active: Flag = True


class CompanyIn(CompanyPatch):
    """A company a user adds."""

    name: CompanyName


class CompanyOut(OwnedOut, AddressOut):
    """A company; `client_requests` counts the requests from it."""

    name: str
    alternative_names: list[str]
    website: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    industry: str | None
    description: str | None
    active: bool
    client_requests: int
