"""This service's preferences that differ from their defaults, and the few of others it follows."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from deals.models.base import Base


class Setting(Base):
    """One preference by its name, as in `deals.require_lost_reason`."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
