"""The service as a whole: schema, API document, worker, and what it may say."""

from importlib import import_module
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from chassis.tables import metadata as chassis_metadata
from deals.consumers import SUBSCRIPTION
from deals.events import PUBLISHES
from deals.models import Base, Company, Customer
from deals.settings import Settings
from deals.worker import create_worker

RELEASE_BEFORE = (
    "alter table replica_company drop column email_key",
    "alter table replica_customer drop column email_key, drop column name_key",
    "alter table replica_customer drop column code_key",
    "drop index uq_deal_code",
    *(f"drop index ix_{table}_deleted_at" for table in ("deal", "output", "payment")),
    "alter table deal add constraint uq_deal_code unique (code)",
)


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


async def test_companies_and_customers_of_the_release_before_get_their_keys(app: Any) -> None:
    """DEA-118: so that an import finds them."""
    await app.know_company("Acme", email="Info@Acme.example")
    await app.know_company("Bare")
    await app.know_customer(code="CUS-7", name="Ämil", email="A@B.example")
    tables = (Company.__table__, Customer.__table__)

    async def kept() -> Any:
        async with app.service.database.reading() as session:
            rows = [await session.execute(table.select().order_by("id")) for table in tables]
        return [found.mappings().all() for found in rows]

    def upgrade(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            import_module("deals.migrations.versions.2026_11_22_keys_and_deletion").upgrade()

    before = await kept()
    async with app.service.database.engine.begin() as connection:
        for statement in RELEASE_BEFORE:
            await connection.execute(text(statement))
        await connection.run_sync(upgrade)
    assert await kept() == before


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


async def test_the_worker_relays_hears_imports_and_removes() -> None:
    worker = create_worker(Settings())
    assert worker.roles == ("relay", "consumers", "imports", "retention")
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
