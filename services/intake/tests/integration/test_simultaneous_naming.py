"""A status or source that is named at the instant when it is deleted (INT-099, INT-109).

Each test holds one of both in a transaction of its own until the other one waits for it.
"""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.origin import by_system
from chassis.testing.service import ServiceUnderTest
from intake.commands.lead_sources import delete_source
from intake.commands.lead_statuses import delete_status, edit_status, lock_status
from intake.commands.web_forms import edit_form
from intake.models import Lead, WebForm
from intake.queries.dictionaries import check_source, find_status_by_code, get_status, lock_source
from intake.queries.preferences import hold_defaults
from intake.queries.web_forms import find_form_to_submit

IS_WAITING = text(
    "select exists (select from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock')"
)
LETTER = {"name": "Anna", "subject": "P", "email": "anna@acme.example"}


async def until_waiting(intake: ServiceUnderTest, call: asyncio.Task[httpx2.Response]) -> None:
    """Go on when a call waits for a lock; one that is answered without waiting fails the test."""
    waiting = False
    while not waiting:
        assert not call.done(), call.result().text
        async with intake.database.reading() as session:
            waiting = bool(await session.scalar(IS_WAITING))


async def code_ids(admin: httpx2.AsyncClient) -> dict[str, UUID]:
    items = (await admin.get("/v1/lead-statuses")).json()["items"]
    return {item["code"]: UUID(item["id"]) for item in items}


@pytest.mark.parametrize("name_it", [get_status, find_status_by_code, hold_defaults])
async def test_a_status_that_is_being_named_is_kept(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, name_it: Any
) -> None:  # INT-099
    status, lead = (await code_ids(admin))["qualified"], await add("leads", title="L")
    named: dict[Any, tuple[Any, ...]] = {
        get_status: (status,),
        find_status_by_code: ("qualified",),
        hold_defaults: (),
    }

    async def set_default(code: str) -> None:
        path = f"/v1/lead-statuses/{(await code_ids(admin))[code]}"
        assert (await admin.patch(path, json={"is_default": True})).status_code == 200

    if name_it is hold_defaults:
        await set_default("qualified")
    async with intake.database.transaction(by_system("test")) as session:
        await name_it(session, *named[name_it])
        if name_it is hold_defaults:  # which it is no longer, and may go
            await set_default("new")
        deleting = asyncio.create_task(admin.delete(f"/v1/lead-statuses/{status}"))
        await until_waiting(intake, deleting)
        await session.execute(update(Lead).where(Lead.id == lead["id"]).values(status_id=status))
    refused = await deleting
    assert (refused.status_code, refused.json()["code"]) == (409, "status_in_use")
    assert (await admin.get(f"/v1/lead-statuses/{status}")).status_code == 200


async def by_body(session: AsyncSession, source_id: UUID, _: str) -> None:
    await check_source(session, source_id)


async def by_form(session: AsyncSession, source_id: UUID, token: str) -> None:
    found = await find_form_to_submit(session, token)
    assert found
    assert found[1] == source_id


@pytest.mark.parametrize("name_it", [by_body, by_form])
async def test_a_source_that_is_being_named_is_kept(
    *, intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, form: str, name_it: Any
) -> None:  # INT-109
    (shipped,) = (await admin.get("/v1/web-forms")).json()["items"]
    source, lead = shipped["source_id"], await add("leads", title="L")
    async with intake.database.transaction(by_system("test")) as session:
        await name_it(session, UUID(source), form.rpartition("/")[2])
        await session.execute(update(Lead).where(Lead.id == lead["id"]).values(source_id=source))
        let_go = await admin.patch(f"/v1/web-forms/{shipped['id']}", json={"source_id": None})
        assert let_go.status_code == 200
        renamed = await admin.patch(f"/v1/lead-sources/{source}", json={"name": "Site"})
        assert renamed.status_code == 200  # only the deletion waits
        deleting = asyncio.create_task(admin.delete(f"/v1/lead-sources/{source}"))
        await until_waiting(intake, deleting)
    refused = await deleting
    assert (refused.status_code, refused.json()["code"]) == (409, "source_in_use")


async def test_a_status_that_is_being_deleted_is_no_longer_named(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-099, INT-104
    status, lead = (await code_ids(admin))["contacted"], await add("leads", title="L")
    async with intake.database.transaction(by_system("test")) as session:
        await delete_status(session, await lock_status(session, status, to_delete=True))
        body = {"status_id": str(status)}
        moving = asyncio.create_task(admin.patch(f"/v1/leads/{lead['id']}", json=body))
        await until_waiting(intake, moving)
    refused = await moving
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "status_unknown")
    assert (await admin.get(f"/v1/leads/{lead['id']}")).json()["status"] == lead["status"]


async def test_a_source_that_is_being_deleted_is_no_longer_named(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-109
    source = await add("lead-sources", name="Fair")
    async with intake.database.transaction(by_system("test")) as session:
        locked = await lock_source(session, UUID(source["id"]), to_delete=True)
        await delete_source(session, locked)
        body = {"title": "L", "source_id": source["id"]}
        adding = asyncio.create_task(admin.post("/v1/leads", json=body))
        await until_waiting(intake, adding)
    refused = await adding
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "source_unknown")
    assert (await admin.get("/v1/leads")).json()["items"] == []


async def test_a_submission_gets_the_status_that_is_just_becoming_the_default(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, form: str
) -> None:  # INT-085, INT-097
    ids = await code_ids(admin)
    async with intake.database.transaction(by_system("test")) as session:
        qualified = await lock_status(session, ids["qualified"])
        await edit_status(session, qualified, {"is_default": True})
        await delete_status(session, await lock_status(session, ids["new"], to_delete=True))
        sending = asyncio.create_task(visitor.post(form, json=LETTER))
        await until_waiting(intake, sending)
    assert (await sending).status_code == 201
    (lead,) = (await admin.get("/v1/leads")).json()["items"]
    assert lead["status"]["code"] == "qualified"


async def test_a_submission_does_without_a_source_that_is_just_deleted(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, form: str
) -> None:  # INT-003, INT-109
    (shipped,) = (await admin.get("/v1/web-forms")).json()["items"]
    source = UUID(shipped["source_id"])
    async with intake.database.transaction(by_system("test")) as session:
        stored = await session.get_one(WebForm, UUID(shipped["id"]), with_for_update=True)
        await edit_form(session, stored, {"source_id": None})
        await session.flush()
        await delete_source(session, await lock_source(session, source, to_delete=True))
        sending = asyncio.create_task(visitor.post(form, json=LETTER))
        await until_waiting(intake, sending)
    assert (await sending).status_code == 201
    (request,) = (await admin.get("/v1/requests")).json()["items"]
    assert request["source_id"] is None
