"""Departments and teams go for good: by an administrator, or when their time is over (GAT-014)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.origin import by_system
from chassis.testing.service import Actor
from contracts.deals import DealDeleted, DealRestored
from gateway.worker import create_worker
from kernel.ids import uuid7

Suite = Any

NAMES_TEAM = "update known_record set team_id = :id"
NAMES_DEPARTMENT = (
    "update known_record set department_id = :id",
    "update team set department_id = :id where name = 'Other'",
    "update team set department_id = :id, deleted_at = now() where name = 'Other'",
    "update department set parent_id = :id where name = 'Below'",
    "update department set parent_id = :id, deleted_at = now() where name = 'Below'",
    "update account set department_ids = array[cast(:id as uuid)] where name = 'Anna'",
)


LATELY, LONG_AGO = (
    f"set deleted_at = now() - interval '{days} days' where deleted_at is not null"
    for days in (2554, 2556)
)


async def _run(suite: Suite, sql: str, **values: Any) -> None:
    async with suite.service.database.transaction(by_system("test")) as session:
        await session.execute(text(sql), values)


async def _retain(suite: Suite) -> None:
    """Let the worker remove what is older than `retention_days`."""
    schedules = {s.name: s for s in create_worker(suite.app.state.settings).schedules}
    await schedules["retention"].work(suite.service.database)


async def _deleted(suite: Suite, kind: str, name: str) -> tuple[Any, str]:
    """Make a record and delete it; answers an administrator and its address."""
    made = await suite.add(kind, name=name)
    admin, path = await suite.login(), f"/gateway/{kind}/{made['id']}"
    assert (await admin.delete(path)).status_code == 204
    return admin, path


async def _purges(suite: Suite, path: str) -> int:
    """Count the audit entries that say a record is gone."""
    said = await suite.service.said("gateway.audit.recorded")
    return sum(
        event.data["action"] == "purged" and event.data["record"]["id"] == path.rpartition("/")[2]
        for event in said
    )


async def _listed(admin: Any, path: str) -> bool:
    """Answer whether a record can still be restored."""
    kind, _, id_ = path.rpartition("/")
    items = (await admin.get(f"{kind}?deleted=true")).json()["items"]
    return id_ in [item["id"] for item in items]


async def test_a_deleted_team_is_purged_with_its_members(suite: Suite) -> None:
    anna, team = await suite.add_user("Anna"), await suite.add("teams", name="Hunters")
    admin, path = await suite.login(), f"/gateway/teams/{team['id']}"
    await admin.put(f"{path}/members/{anna['id']}", json={})
    assert (await admin.post(f"{path}/purge")).status_code == 404  # it lives
    assert (await admin.delete(path)).status_code == 204
    stale = await admin.post(f"{path}/purge", headers={"If-Match": '"2"'})
    assert (stale.status_code, await _listed(admin, path)) == (412, True)
    gone = await admin.post(f"{path}/purge", headers={"If-Match": '"3"'})
    assert (gone.status_code, await _listed(admin, path)) == (204, False)
    assert await _purges(suite, path) == 1
    async with suite.service.database.reading() as session:
        assert await session.scalar(text("select count(*) from team_member")) == 0
    for action in ("purge", "restore"):
        assert (await admin.post(f"{path}/{action}")).status_code == 404
    user = (await admin.get(f"/gateway/users/{anna['id']}")).json()
    assert (user["team_ids"], user["version"]) == ([], 3)


async def test_a_deleted_department_is_purged(suite: Suite) -> None:
    admin, path = await _deleted(suite, "departments", "North")
    assert (await admin.post(f"{path}/purge")).status_code == 204
    assert (await _listed(admin, path), await _purges(suite, path)) == (False, 1)


@pytest.mark.parametrize(
    ("kind", "naming"),
    [("teams", NAMES_TEAM), *(("departments", naming) for naming in NAMES_DEPARTMENT)],
)
async def test_what_is_still_named_is_not_purged_nor_removed_by_time(
    suite: Suite, kind: str, naming: str
) -> None:
    """GAT-014: also by a record that is deleted itself, here or in another service."""
    await suite.add_user("Anna")
    await suite.add("teams", name="Other")
    await suite.add("departments", name="Below")
    await suite.hear(DealDeleted(deal_id=uuid7()))
    admin, path = await _deleted(suite, kind, "Named")
    named = UUID(path.rpartition("/")[2])
    await _run(suite, naming, id=named)
    refused = await admin.post(f"{path}/purge")
    assert (refused.status_code, refused.json()["code"]) == (409, "record_still_named")
    await _run(suite, f"update {kind.removesuffix('s')} {LONG_AGO}")
    await _retain(suite)
    assert (await _listed(admin, path), await _purges(suite, path)) == (True, 0)


async def test_what_was_deleted_long_ago_goes_by_itself(suite: Suite) -> None:
    """GAT-014: with its parts, and in one round what it named; the younger stays."""
    north = (await suite.add("departments", name="North"))["id"]
    anna = await suite.add_user("Anna")
    team = (await suite.add("teams", name="Hunters"))["id"]
    admin = await suite.login()
    await admin.put(f"/gateway/teams/{team}/members/{anna['id']}", json={})
    old = [f"/gateway/teams/{team}", f"/gateway/departments/{north}"]
    for path in old:
        assert (await admin.delete(path)).status_code == 204
    await _run(suite, "update team set department_id = :id", id=north)
    _, other = await _deleted(suite, "teams", "Other")
    for age, left in ((LATELY, True), (LONG_AGO, False)):
        await _run(suite, f"update team {age}")
        await _run(suite, f"update department {age}")
        _, young = await _deleted(suite, "departments", f"Young {left}")
        await _retain(suite)
        assert [await _listed(admin, path) for path in (*old, other)] == [left] * 3
        assert await _listed(admin, young)
    assert [await _purges(suite, path) for path in (*old, other, young)] == [1, 1, 1, 0]


@pytest.mark.parametrize("kind", ["departments", "teams"])
async def test_only_administrators_list_restore_and_purge(suite: Suite, kind: str) -> None:
    """GAT-014."""
    await suite.add_user("Anna", "sales_manager")
    admin, path = await _deleted(suite, kind, "Gone")
    anna, said = await suite.login("anna@example.com"), len(await suite.service.said())
    for answer in (
        await anna.get(f"/gateway/{kind}?deleted=true"),
        await anna.post(f"{path}/restore"),
        await anna.post(f"{path}/purge"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await suite.client().post(f"{path}/purge")).status_code == 401
    assert (await _listed(admin, path), len(await suite.service.said())) == (True, said)


async def test_a_right_for_ones_own_team_alone_brings_none_back(suite: Suite) -> None:
    """GAT-014: who leads a team is no administrator."""
    me, team = uuid7(), (await suite.add("teams", name="Gone"))["id"]
    await (await suite.login()).delete(f"/gateway/teams/{team}")
    rights = dict.fromkeys(("team.view", "team.manage"), "team")
    async with suite.service.client(Actor(rights, user_id=me, teams=(UUID(team),))) as leader:
        for answer in (
            await leader.get("/v1/teams?deleted=true"),
            await leader.post(f"/v1/teams/{team}/restore"),
            await leader.post(f"/v1/teams/{team}/purge"),
        ):
            assert answer.status_code == 403


async def test_a_department_goes_when_nothing_names_it_any_more(suite: Suite) -> None:
    deal = uuid7()
    admin, path = await _deleted(suite, "departments", "North")
    await suite.hear(DealDeleted(deal_id=deal), 1, department=path.rpartition("/")[2])
    assert (await admin.post(f"{path}/purge")).status_code == 409
    await suite.hear(DealRestored(deal_id=deal), 2)
    assert (await admin.post(f"{path}/purge")).status_code == 204
