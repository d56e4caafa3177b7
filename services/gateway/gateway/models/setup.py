"""One-time tokens for the first administrator, and the version of all rights."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class SetupToken(Base):
    """A token that lets its holder make the first administrator, known by its SHA-256 only."""

    __tablename__ = "setup_token"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RightsState(Base):
    """One row, raised by every change of users, departments and teams, in its transaction."""

    __tablename__ = "rights_state"

    one: Mapped[bool] = mapped_column(primary_key=True)
    version: Mapped[int]
