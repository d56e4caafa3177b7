"""The keys by which contacts, leads and companies are recognised."""

from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from intake.domain.matching import PartyKind
from intake.models.base import Base


class PartyKey(Base):
    """One key of one live party, as `intake.domain.matching` computes it."""

    __tablename__ = "party_key"
    __table_args__ = (Index("ix_party_key_party_id", "party_id"),)

    key_kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[PartyKind] = mapped_column(Text, primary_key=True)
    party_id: Mapped[UUID] = mapped_column(primary_key=True)
