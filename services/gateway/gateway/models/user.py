"""Who may log in."""

from uuid import UUID

from sqlalchemy import Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Record
from gateway.models.base import Base


class User(Record, Base):
    """An account. It is never deleted: what somebody did keeps its name."""

    __tablename__ = "account"

    email: Mapped[str]
    email_key: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    name_trigrams: Mapped[list[str]] = mapped_column(ARRAY(Text))
    password_hash: Mapped[str | None]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    department_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """The first one is the department of what the user owns."""
    language: Mapped[str]
    time_zone: Mapped[str]
    active: Mapped[bool]
