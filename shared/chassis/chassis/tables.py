"""The tables of the chassis, present in every service's database beside the service's own."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMES)

instant = DateTime(timezone=True)

event_log = Table(
    "event_log",
    metadata,
    # cache 1 is what makes id order the order of inserts; see the relay
    Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("aggregate_type", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("aggregate_version", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("envelope", JSONB, nullable=False),
    Column("occurred_at", instant, nullable=False, server_default=func.clock_timestamp()),
    Column("seq", BigInteger),
    UniqueConstraint("aggregate_type", "aggregate_id", "aggregate_version"),
    # unique also proves that the sequencer gives each number once
    Index("ix_event_log_seq", "seq", unique=True, postgresql_where=text("seq is not null")),
    Index("ix_event_log_unsequenced", "id", postgresql_where=text("seq is null")),
)

relay_state = Table(
    "relay_state",
    metadata,
    Column("one", Boolean, CheckConstraint("one", name="one"), primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("sent_seq", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("received_at", instant, nullable=False, server_default=func.now()),
    Index("ix_inbox_age", "received_at", postgresql_using="brin"),
)

failed_event = Table(
    "failed_event",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subscription", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("topic", Text),
    Column("body", LargeBinary, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("first_at", instant, nullable=False, server_default=func.now()),
    Column("last_at", instant, nullable=False, server_default=func.now()),
    Column("next_at", instant, nullable=False, server_default=func.now()),
    UniqueConstraint("subscription", "event_id"),
    CheckConstraint("state in ('waiting', 'parked', 'replayed', 'dropped')", name="state"),
    Index("ix_failed_event_due", "next_at", postgresql_where=text("state = 'waiting'")),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", instant, nullable=False),
    Column("entity", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("changes", JSONB, nullable=False),
    Index("ix_audit_entry_timeline", "entity", "record_id", "id"),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("key", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("answer", LargeBinary),
    Column("created_at", instant, nullable=False, server_default=func.now()),
    Index("ix_idempotency_key_age", "created_at"),
)

secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
