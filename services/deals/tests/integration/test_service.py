"""The service as a whole: schema, API document, worker, and what it may say."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from chassis.tables import metadata as chassis_metadata
from deals.consumers import SUBSCRIPTION
from deals.events import PUBLISHES
from deals.models import Base
from deals.settings import Settings
from deals.worker import create_worker


async def test_the_migrations_make_the_tables_the_models_describe(app: Any) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"include_object": is_ours}
        context = MigrationContext.configure(connection, opts=options)
        found: list[Any] = compare_metadata(context, Base.metadata)
        return found

    def is_ours(_: Any, name: str | None, kind: str, _reflected: Any, _to: Any) -> bool:
        chassis = {*chassis_metadata.tables, "version", "chassis_version"}
        return kind in ("table", "column") and name not in chassis

    async with app.service.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_api_document_describes_every_path_and_its_answers(app: Any) -> None:  # GAT-011
    document = app.service.app.openapi()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    listing = document["paths"]["/v1/deals"]["get"]["responses"]["200"]["content"]
    assert listing["application/json"]["schema"]["$ref"].endswith("Page_DealItem_")
    patch = document["components"]["schemas"]["DealPatch"]["properties"]
    assert "default" not in patch["name"]
    assert "requestBody" in document["paths"]["/v1/imports"]["post"]


async def test_the_worker_relays_hears_and_imports() -> None:
    worker = create_worker(Settings())
    assert worker.roles == ("relay", "consumers", "imports")
    assert SUBSCRIPTION.name == "deals.events"
    assert SUBSCRIPTION.hears("intake.request.deal_requested")
    assert SUBSCRIPTION.hears("gateway.user.changed")
    await worker.database.close()


async def test_everything_said_is_among_what_the_service_publishes(app: Any) -> None:
    deal = await app.make(amount={"amount": "5", "currency": "EUR"})
    path = f"/deals/{deal['id']}"
    await app.call("POST", f"{path}/win", json={})
    topics = {event.topic for event in PUBLISHES}
    assert {said.topic for said in await app.service.said()} <= topics
