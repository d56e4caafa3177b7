"""What is deleted ends for good: by an administrator, or after its time (GAT-014)."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from chassis.origin import by_system
from chassis.removal import purge_overdue
from chassis.testing.service import ServiceUnderTest
from intake.commands.shipped import ensure_shipped
from intake.models import Base, PartyKey
from intake.queries.removables import REMOVABLES
from intake.settings import Settings
from intake.worker import create_worker
from kernel import clock
from kernel.ids import uuid7

MAIL = "anna@acme.example"
BODIES: dict[str, dict[str, Any]] = {
    "requests": {"subject": "P", "first_name": "Anna"},
    "leads": {"title": "L", "contact_email": MAIL},
    "customers": {"name": "Anna", "email": MAIL},
    "contacts": {"first_name": "Anna", "emails": [MAIL]},
    "companies": {"name": "Acme", "email": MAIL},
    "web-forms": {},
    "lead-sources": {"name": "Fair"},
    "lead-statuses": {"name": "Waiting"},
}
TABLES = {removable.collection: removable.entity for removable in REMOVABLES}
NAMED_IN: dict[str, tuple[tuple[str, str], ...]] = {
    "requests": (("request", "original_id"), ("deal_replica", "request_id")),
    "leads": (("request", "lead_id"), ("request", "former_lead_id"), ("deal_replica", "lead_id")),
    "customers": (("lead", "customer_id"),),
    "contacts": (("request", "contact_id"), ("lead", "contact_id"), ("customer", "contact_id")),
    "companies": tuple((t, "company_id") for t in ("request", "lead", "customer", "contact")),
    "lead-sources": tuple((t, "source_id") for t in ("request", "lead", "contact", "web_form")),
    "lead-statuses": (("lead", "status_id"),),
}
"""By kind, every column of the service that names such a record."""
AUDIT = "intake.audit.recorded"
NAMES = [(kind, *place) for kind, places in NAMED_IN.items() for place in places]


@pytest.fixture
def make(admin: httpx2.AsyncClient, add: Any) -> Any:
    """Add a record of any kind: `await make("web-forms")`."""

    async def made(kind: str, **fields: Any) -> dict[str, Any]:
        if kind != "web-forms":
            return dict(await add(kind, **{**BODIES[kind], **fields}))
        (shipped, *_) = (await admin.get("/v1/web-forms")).json()["items"]
        return dict(await add(f"web-forms/{shipped['id']}/copy", name="Copy"))

    return made


@pytest.fixture
def sql(intake: ServiceUnderTest) -> Any:
    """Run a statement behind the service's back, and answer its rows."""

    async def run(statement: Any) -> list[Any]:
        async with intake.database.engine.begin() as connection:
            result = await connection.execute(statement)
            return list(result) if result.returns_rows else []

    return run


async def deleted(admin: httpx2.AsyncClient, kind: str) -> list[str]:
    answer = await admin.get(f"/v1/{kind}?deleted=true")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def purged(admin: httpx2.AsyncClient, kind: str, record: dict[str, Any]) -> Any:
    return await admin.post(f"/v1/{kind}/{record['id']}/purge")


@pytest.mark.parametrize("kind", BODIES)
async def test_an_administrator_removes_a_deleted_record_for_good(
    *,
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
    firm: Any,
    make: Any,
    sql: Any,
    kind: str,
) -> None:  # GAT-014, GAT-016
    record = await make(kind)
    path = f"/v1/{kind}/{record['id']}"
    assert (await purged(admin, kind, record)).status_code == 404  # it lives
    assert (await admin.delete(path)).status_code == 204
    async with intake.client(firm.manager) as manager:
        assert (await purged(manager, kind, record)).status_code == 403
    stale = await admin.post(f"{path}/purge", headers={"If-Match": f'"{record["version"]}"'})
    assert stale.status_code == 412
    assert await deleted(admin, kind) == [record["id"]]
    heir = await make(kind)  # of the same name and address
    gone = await admin.post(f"{path}/purge", headers={"If-Match": f'"{record["version"] + 1}"'})
    assert (gone.status_code, gone.content) == (204, b"")
    assert await deleted(admin, kind) == []
    table = Base.metadata.tables[TABLES[kind]]
    assert await sql(select(table).where(table.c.id == record["id"])) == []
    assert await sql(select(PartyKey).where(PartyKey.party_id == record["id"])) == []
    for step in ("purge", "restore"):
        assert (await admin.post(f"{path}/{step}")).status_code == 404
    entry = (await intake.said(AUDIT))[-1].data
    assert (entry["action"], entry["record"], entry["actor"]) == (
        "purged", {"kind": TABLES[kind], "id": record["id"]}, str(firm.admin.user_id),
    )  # fmt: skip
    assert (await admin.get(f"/v1/{kind}/{heir['id']}")).status_code == 200


@pytest.mark.parametrize(("kind", "table", "column"), NAMES)
async def test_a_record_is_kept_as_long_as_another_one_names_it(
    *,
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
    make: Any,
    sql: Any,
    kind: str,
    table: str,
    column: str,
) -> None:  # GAT-014
    kinds = {entity: path for path, entity in TABLES.items()}
    rows, namer = Base.metadata.tables[table], str(uuid7())
    if table == "deal_replica":
        await sql(rows.insert().values(id=namer, version=1, deleted=False))
    else:
        namer = (await make(kinds[table]))["id"]
    this = rows.c.id == namer
    record = await make(kind)
    assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
    await sql(rows.update().where(this).values({column: record["id"]}))
    await purge_overdue(intake.database, removables=REMOVABLES, days=-1)
    assert await deleted(admin, kind) == [record["id"]]
    if table != "deal_replica":
        await sql(rows.update().where(this).values(deleted_at=clock.now()))
    refused = await purged(admin, kind, record)
    assert (refused.status_code, refused.json()["code"]) == (409, "record_still_named")
    assert await deleted(admin, kind) != []
    assert "purged" not in [entry.data["action"] for entry in await intake.said(AUDIT)]
    await sql(rows.delete().where(this))
    assert (await purged(admin, kind, record)).status_code == 204


@pytest.mark.parametrize(
    ("kind", "key"),
    [("lead-statuses", "leads.default_status"), ("lead-sources", "leads.default_source")],
)
async def test_what_a_setting_names_is_not_removed(
    *, admin: httpx2.AsyncClient, make: Any, prefer: Any, kind: str, key: str
) -> None:  # GAT-014, INT-085
    record = await make(kind)
    assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
    await prefer(key, record["id"])
    assert (await purged(admin, kind, record)).json()["code"] == "record_still_named"


def test_every_reference_of_the_schema_is_minded() -> None:
    """A foreign key to a record that can be removed has its line in `NAMED_IN`."""
    paths = {removable.entity: removable.collection for removable in REMOVABLES}
    keys = [key for table in Base.metadata.tables.values() for key in table.foreign_keys]
    found = {(paths[key.column.table.name], key.parent.table.name, key.parent.name) for key in keys}
    assert len(found) > 10
    assert found <= set(NAMES)


async def test_what_was_deleted_long_ago_is_removed_unless_something_names_it(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, make: Any, sql: Any
) -> None:  # GAT-014
    company = await make("companies")
    contact = await make("contacts", company_id=company["id"])
    named, young = await make("lead-sources"), await make("lead-sources", name="Young")
    naming = await make("contacts", source_id=named["id"])
    for kind, record, days in (
        ("contacts", contact, 31), ("companies", company, 31), ("contacts", naming, 29),
        ("lead-sources", named, 31), ("lead-sources", young, 29),
    ):  # fmt: skip
        assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
        table = Base.metadata.tables[TABLES[kind]]
        at = clock.now() - timedelta(days=days)
        await sql(table.update().where(table.c.id == record["id"]).values(deleted_at=at))
    worker = create_worker(Settings(retention_days=30))
    (schedule,) = worker.schedules
    assert schedule.name == "retention"
    for _ in range(2):  # the second round finds nothing more
        await schedule.work(intake.database)
        assert await deleted(admin, "companies") == []
        assert await deleted(admin, "contacts") == [naming["id"]]
        assert await deleted(admin, "lead-sources") == [named["id"], young["id"]]
    entries = [entry for entry in await intake.said(AUDIT) if entry.data["action"] == "purged"]
    assert [entry.data["record"]["kind"] for entry in entries] == ["contact", "company"]
    assert {entry.actor for entry in entries} == {"retention"}
    assert len((await admin.get("/v1/lead-sources")).json()["items"]) == 7
    await worker.database.close()


async def test_what_was_shipped_and_removed_for_good_is_not_shipped_again(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient
) -> None:  # GAT-014, INT-022, INT-101, INT-110
    shipped = {"lead-statuses": "Qualified", "lead-sources": "Website", "web-forms": "Website"}
    for kind, name in reversed(shipped.items()):
        items = (await admin.get(f"/v1/{kind}")).json()["items"]
        (record,) = (item for item in items if item["name"] == name)
        assert (await admin.delete(f"/v1/{kind}/{record['id']}")).status_code == 204
        assert (await purged(admin, kind, record)).status_code == 204
    async with intake.database.transaction(by_system("shipped")) as session:
        await ensure_shipped(session)
    for kind, left in (("lead-statuses", 5), ("lead-sources", 6), ("web-forms", 0)):
        assert len((await admin.get(f"/v1/{kind}")).json()["items"]) == left
