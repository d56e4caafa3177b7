"""Contacts: the people of the directory."""

from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from intake.models.base import (
    Base,
    Located,
    Owned,
    Searchable,
    deleted_index,
    link_index,
    live_index,
    search_index,
)

Sex = Literal["female", "male", "other"]


class Contact(Base, Record, Owned, Located, Searchable):
    """A person, in a company or not; the first of `emails` is the main one."""

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint("sex in ('female', 'male', 'other')", name="sex"),
        live_index("contact", "sort_key", "id"),
        live_index("contact", "created_at", "id"),
        live_index("contact", "company_id", "sort_key", "id"),
        link_index("contact", "company_id"),
        live_index("contact", "owner_id", "sort_key", "id"),
        live_index("contact", "department_id", "sort_key", "id"),
        search_index("contact"),
        deleted_index("contact"),
    )

    first_name: Mapped[str]
    middle_name: Mapped[str | None]
    last_name: Mapped[str | None]
    emails: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    mobile: Mapped[str | None]
    office_phone: Mapped[str | None]
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("company.id"))
    job_title: Mapped[str | None]
    department_name: Mapped[str | None]
    birth_date: Mapped[date | None]
    sex: Mapped[Sex | None] = mapped_column(Text)
    source_id: Mapped[UUID | None]
    description: Mapped[str | None]
    do_not_email: Mapped[bool] = mapped_column(default=False)
    do_not_call: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def name(self) -> str:
        """Answer the full name."""
        return " ".join(
            part for part in (self.first_name, self.middle_name, self.last_name) if part
        )

    @property
    def all_phones(self) -> tuple[str, ...]:
        """Answer every telephone number, the main one first."""
        return tuple(phone for phone in (self.phone, self.mobile, self.office_phone) if phone)
