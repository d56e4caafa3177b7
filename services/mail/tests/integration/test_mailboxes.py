"""Mailboxes: their fields, their secret, who may do what with them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from chassis.testing.service import Actor, acting_as
from kernel.ids import uuid7


async def test_a_secret_is_stored_encrypted_and_never_shown_said_or_audited(office: Any) -> None:
    """MAI-001, MAI-002, GAT-016."""
    made = await office.add_mailbox("box")
    assert (made["secret"], made["state"], made["daily_limit"]) == ("set", "new", 94)
    path = f"/v1/mailboxes/{made['id']}"
    async with office.service.client(office.seller) as client:
        changed = await client.put(f"{path}/secret", json={"secret": "other-secret"})
        assert changed.json()["secret"] == "set"
        timeline = (await client.get(f"{path}/timeline")).json()["items"]
        cleared = await client.put(f"{path}/secret", json={"secret": None})
        assert cleared.json()["secret"] is None
        shown = (await client.get("/v1/mailboxes")).text + changed.text + str(timeline)
    async with office.service.database.reading() as session:
        query = text("select string_agg(t::text, ' ') from (select * from event_log) t")
        said = await session.scalar(query)
        query = text("select string_agg(m::text, ' ') from mailbox m")
        rows = await session.scalar(query)
    for secret in (office.password, "other-secret"):
        assert secret not in shown + said + rows
    assert [entry["action"] for entry in timeline] == ["secret_changed", "created"]
    assert timeline[0]["changes"] == {"secret": ["***", "***"]}
    assert timeline[1]["changes"]["secret"] == [None, "***"]


async def test_a_mailbox_keeps_all_that_is_said_of_it(office: Any) -> None:
    """MAI-001: what was given is shown, can be changed, and is remembered with its old value."""
    colleague = acting_as("mail", "sales_manager", departments=(office.department_id,))
    await office.add_user(colleague, office.department_id)
    given = {
        "name": "Sales",
        "address": "sales@example.com",
        "owner_id": str(office.seller.user_id),
        "co_owner_id": str(colleague.user_id),
        "smtp": {"host": "smtp.example.com", "port": 587, "security": "starttls"},
        "imap": {"host": "imap.example.com", "port": 993, "security": "tls"},
        "user": "sales",
        "secret_kind": "oauth2_token",
        "main": True,
        "mailings": True,
        "sync": True,
        "intake": "automatic",
        "daily_limit": 12,
    }
    other = {
        "name": "Sales North",
        "address": "north@example.com",
        "co_owner_id": None,
        "smtp": {"host": "mail.example.com", "port": 465, "security": "tls"},
        "imap": {"host": "mail.example.com", "port": 143, "security": "starttls"},
        "user": "north",
        "main": False,
        "mailings": False,
        "sync": False,
        "intake": "manual",
        "daily_limit": 0,
    }
    async with office.service.client(office.admin) as client:
        made = await client.post("/v1/mailboxes", json={**given, "secret": "token"})
        assert made.status_code == 201, made.text
        path = f"/v1/mailboxes/{made.json()['id']}"
        assert made.headers["Location"] == path
        read = (await client.get(path)).json()
        assert {name: read[name] for name in given} == given
        changed = (await client.patch(path, json=other)).json()
        assert {name: changed[name] for name in other} == other
        entry = (await client.get(f"{path}/timeline")).json()["items"][0]
    assert entry["changes"]["daily_limit"] == [12, 0]
    assert entry["changes"]["smtp_host"] == ["smtp.example.com", "mail.example.com"]


async def test_a_co_owner_uses_a_mailbox_like_its_owner(office: Any, smtp: Any) -> None:
    """MAI-001, GAT-045: seen, read at once, its secret changed, sent from."""
    colleague = acting_as("mail", "sales_manager")
    await office.add_user(colleague, office.department_id)
    box = await office.add_mailbox("shared", co_owner_id=str(colleague.user_id))
    path = f"/v1/mailboxes/{box['id']}"
    async with office.service.client(colleague) as client:
        assert (await client.get(path)).status_code == 200
        assert (await client.post(f"{path}/sync")).status_code == 202
        secret = {"secret": office.password}
        assert (await client.put(f"{path}/secret", json=secret)).status_code == 200
        body = {"to": [{"email": "ann@x.example"}], "subject": "s", "text": "t"}
        letter = await client.post("/v1/messages", json={**body, "mailbox_id": box["id"]})
        send = f"/v1/messages/{letter.json()['id']}/send"
        assert (await client.post(send)).status_code == 202
    await office.deliver_queue()
    assert [to for to, _ in smtp.taken] == [["ann@x.example"]]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"imap": None}, "/imap"),
        ({"smtp": {"host": "mail.example.com", "port": 25, "security": "none"}}, "/smtp/security"),
        ({"smtp": {"host": "mail.example.com", "port": 0}}, "/smtp/port"),
        ({"address": "nobody"}, "/address"),
        ({"owner_id": "0198c0de-0000-7000-8000-000000000001"}, "/owner_id"),
        ({"co_owner_id": "0198c0de-0000-7000-8000-000000000001"}, "/co_owner_id"),
        ({"name": "a\r\nBcc: x@y.z"}, "/name"),
        ({"state": "ok"}, "/state"),
        ({"version": 3}, "/version"),
        ({"daily_limit": -1}, "/daily_limit"),
    ],
)
async def test_a_mailbox_that_cannot_work_is_refused_and_not_stored(
    office: Any, change: dict[str, Any], pointer: str
) -> None:
    """MAI-001: IMAP data missing while sync is on -> 422; GAT-002, GAT-013."""
    async with office.service.client(office.admin) as client:
        answer = await client.post("/v1/mailboxes", json=office.mailbox_body("x", **change))
        listed = await client.get("/v1/mailboxes")
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [pointer]
    assert listed.json()["items"] == []
    assert await office.service.said() == []
    assert await office.service.said("mail.audit.recorded") == []


async def test_without_sync_a_mailbox_needs_no_imap_until_sync_is_turned_on(office: Any) -> None:
    """MAI-001."""
    made = await office.add_mailbox("plain", sync=False, imap=None)
    async with office.service.client(office.admin) as client:
        path = f"/v1/mailboxes/{made['id']}"
        refused = await client.patch(path, json={"sync": True})
        assert refused.json()["errors"][0]["field"] == "/imap"
        assert (await client.post(f"{path}/sync")).status_code == 422
        imap = office.mailbox_body("x")["imap"]
        changed = await client.patch(path, json={"sync": True, "imap": imap})
    assert changed.json()["imap"] == imap
    assert (changed.json()["sync"], changed.headers["ETag"]) == (True, '"2"')


async def test_a_stale_change_answers_412_and_an_unknown_mailbox_404(office: Any) -> None:
    """GAT-001, GAT-003."""
    made = await office.add_mailbox("one")
    async with office.service.client(office.admin) as client:
        path = f"/v1/mailboxes/{made['id']}"
        both = await asyncio.gather(
            *(
                client.patch(path, json={"name": name}, headers={"If-Match": '"1"'})
                for name in ("A", "B")
            )
        )
        unknown = await client.get(f"/v1/mailboxes/{uuid7()}")
    assert sorted(answer.status_code for answer in both) == [200, 412]
    assert unknown.status_code == 404


async def test_another_server_is_not_told_the_secret_of_the_one_before(office: Any) -> None:
    """MAI-002: who may change a mailbox may not thereby learn its secret."""
    made = await office.add_mailbox("one", secret="s3cret")
    async with office.service.client(office.admin) as client:
        path = f"/v1/mailboxes/{made['id']}"
        renamed = await client.patch(path, json={"name": "Same server"})
        elsewhere = {"host": "smtp.elsewhere.example", "port": 465, "security": "tls"}
        moved = await client.patch(path, json={"smtp": elsewhere})
        history = (await client.get(f"{path}/timeline")).json()["items"]
    assert (renamed.json()["secret"], moved.json()["secret"]) == ("set", None)
    assert history[0]["changes"]["secret"] == ["***", None]


async def test_a_user_has_at_most_one_main_mailbox_whoever_is_quickest(office: Any) -> None:
    """MAI-004."""
    made = [await office.add_mailbox(f"m{n}", main=n == 0) for n in range(4)]
    async with office.service.client(office.admin) as client:
        answers = await asyncio.gather(
            *(client.patch(f"/v1/mailboxes/{box['id']}", json={"main": True}) for box in made)
        )
        listed = (await client.get("/v1/mailboxes")).json()["items"]
    assert {answer.status_code for answer in answers} == {200}
    assert sum(box["main"] for box in listed) == 1


async def test_a_removed_mailbox_leaves_the_lists_and_can_be_restored(office: Any) -> None:
    """GAT-014."""
    made = await office.add_mailbox("gone")
    async with office.service.client(office.admin) as admin:
        path = f"/v1/mailboxes/{made['id']}"
        assert (await admin.delete(path)).status_code == 204
        assert (await admin.get(path)).status_code == 404
        assert (await admin.get("/v1/mailboxes?count=true")).json()["total"] == 0
        (deleted,) = (await admin.get("/v1/mailboxes?deleted=true")).json()["items"]
        assert deleted["id"] == made["id"]
        async with office.service.client(office.seller) as seller:
            assert (await seller.get("/v1/mailboxes?deleted=true")).status_code == 403
        stale = await admin.post(f"{path}/restore", headers={"If-Match": '"0"'})
        assert stale.status_code == 412  # GAT-003
        restored = await admin.post(f"{path}/restore")
        assert (restored.status_code, restored.json()["main"]) == (200, False)


async def test_each_call_asks_for_its_right_and_for_its_scope(office: Any) -> None:
    """GAT-001, GAT-034: 401, 403, 404, and the owner's own rights."""
    made = await office.add_mailbox("mine")
    path = f"/v1/mailboxes/{made['id']}"
    body = office.mailbox_body("x")
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/v1/mailboxes", body),
        ("GET", "/v1/mailboxes", None),
        ("GET", path, None),
        ("PATCH", path, {"name": "B"}),
        ("PUT", f"{path}/secret", {"secret": "s"}),
        ("DELETE", path, None),
        ("POST", f"{path}/restore", None),
        ("POST", f"{path}/sync", None),
        ("GET", f"{path}/timeline", None),
    ]
    before = len(await office.service.said("mail.audit.recorded"))
    colleague = acting_as("mail", "sales_manager", departments=(office.department_id,))
    viewer = Actor({"mailbox.view": "all", "mailbox.use": "own", "mailbox.change_secret": "own"})
    async with (
        office.service.client() as nobody,
        office.service.client(Actor({})) as powerless,
        office.service.client(colleague) as other,
        office.service.client(viewer) as looking,
    ):
        for method, url, sent in calls:
            assert (await nobody.request(method, url, json=sent)).status_code == 401, url
            assert (await powerless.request(method, url, json=sent)).status_code == 403, url
            answer = await other.request(method, url, json=sent)
            expected = {"GET /v1/mailboxes": 200}.get(f"{method} {url}")
            managing = method in ("PATCH", "DELETE") or url.endswith(("/mailboxes", "/restore"))
            assert answer.status_code == (expected or (403 if managing else 404)), (method, url)
        assert (await other.get("/v1/mailboxes")).json()["items"] == []
        assert (await looking.get(path)).status_code == 200
        assert (await looking.post(f"{path}/sync")).status_code == 403
        assert (await looking.put(f"{path}/secret", json={"secret": "s"})).status_code == 403
    assert len(await office.service.said("mail.audit.recorded")) == before
    async with office.service.client(office.seller) as owner:
        assert (await owner.post(f"{path}/sync")).status_code == 202
