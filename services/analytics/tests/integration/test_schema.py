"""The migration makes exactly what the models say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from analytics.domain.folding import HANDLERS
from analytics.models.base import Base
from analytics.models.star import FOLDED
from chassis.tables import metadata as chassis_metadata
from chassis.testing.service import ServiceUnderTest
from contracts.catalogue import load_all


def differences(connection: Connection) -> list[object]:
    ours = {"version", "chassis_version", *chassis_metadata.tables}
    options = {"include_name": lambda name, kind, _: kind != "table" or name not in ours}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))


async def test_the_database_has_what_the_models_say(service: ServiceUnderTest) -> None:
    async with service.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_every_kind_that_is_folded_has_a_table_and_hears_events_that_exist() -> None:
    """ANA-003."""
    assert HANDLERS.keys() == FOLDED.keys()
    topics = load_all()
    for kind, handlers in HANDLERS.items():
        assert {topics[topic].entity for topic in handlers} == {kind}
