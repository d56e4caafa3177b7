"""Letters and mailboxes for good: who removes them, what keeps them, and nothing comes back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text, update

from chassis.removal import purge_overdue
from chassis.testing.service import acting_as
from kernel import clock
from mail.models import (
    Body,
    Folder,
    Link,
    Location,
    Mailbox,
    Message,
    Outgoing,
    Recipient,
    RemovedLetter,
    WaitingLetter,
)
from mail.queries.removables import REMOVABLES

Raw = Callable[..., bytes]
OF_A_LETTER = Message, Body, Link, Location, Outgoing, Recipient


async def _received(office: Any, dovecot: Any, raw: bytes, login: str) -> dict[str, Any]:
    """Let a letter that belongs to a record arrive."""
    dovecot.deliver(login, raw)
    await office.sync()
    async with office.service.client(office.seller) as client:
        (letter,) = (await client.get("/v1/messages")).json()["items"]
    found: dict[str, Any] = letter
    return found


async def _statuses(client: Any, *calls: tuple[str, str]) -> list[int]:
    return [(await client.request(method, path)).status_code for method, path in calls]


async def _audited(office: Any, record_id: str) -> list[tuple[str, str]]:
    query = text("select entity, action from audit_entry where record_id = :id order by id")
    async with office.service.database.reading() as session:
        return [tuple(row) for row in await session.execute(query, {"id": record_id})]


async def test_administrators_remove_a_letter_for_good_with_all_its_parts(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """GAT-014: only a deleted one, at the expected version; its audit entries stay."""
    await office.add_mailbox("purged")
    deal = await office.add_deal()
    letter = await _received(office, dovecot, write_raw(f"[ticket:{deal.ticket}]"), "purged")
    path = f"/v1/messages/{letter['id']}"
    purge = "POST", f"{path}/purge"
    async with (
        office.service.client(office.seller) as seller,
        office.service.client(office.admin) as admin,
        office.service.client() as nobody,
    ):
        assert await _statuses(admin, purge) == [404]  # it lives
        assert await _statuses(seller, ("DELETE", path), purge) == [204, 403]
        assert await _statuses(nobody, purge) == [401]
        stale = await admin.post(f"{path}/purge", headers={"If-Match": '"0"'})
        assert stale.status_code == 412
        assert await office.count(Body) == 1
        (listed,) = (await admin.get("/v1/messages?deleted=true")).json()["items"]
        assert listed["id"] == letter["id"]
        assert await _statuses(admin, purge, purge, ("POST", f"{path}/restore")) == [204, 404, 404]
        assert (await admin.get("/v1/messages?deleted=true")).json()["items"] == []
    assert [await office.count(table) for table in OF_A_LETTER] == [0] * len(OF_A_LETTER)
    assert (await _audited(office, letter["id"]))[-1] == ("email", "purged")


async def test_a_letter_sent_from_here_goes_with_what_the_server_said(
    office: Any, smtp: Any
) -> None:
    """GAT-014."""
    await office.add_mailbox("sam")
    draft = await office.write(await office.add_deal())
    await office.order(draft)
    await office.deliver_queue()
    assert len(smtp.taken) == await office.count(Recipient) == 1
    async with office.service.client(office.admin) as admin:
        path = f"/v1/messages/{draft['id']}"
        assert await _statuses(admin, ("DELETE", path), ("POST", f"{path}/purge")) == [204, 204]
    assert [await office.count(table) for table in OF_A_LETTER] == [0] * len(OF_A_LETTER)


async def test_a_removed_letter_is_listed_to_its_owner_and_administrators_only(
    office: Any,
) -> None:
    """GAT-014, MAI-031, MAI-083."""
    draft = await office.write(await office.add_deal())
    await office.add_mailbox("sam")
    await office.order(draft)
    await office.deliver_queue()
    mate = acting_as("mail", "sales_manager", departments=(office.department_id,))
    path = f"/v1/messages/{draft['id']}"
    async with (
        office.service.client(office.seller) as owner,
        office.service.client(mate) as near,
        office.service.client(office.admin) as admin,
    ):
        assert await _statuses(near, ("GET", path)) == [200]
        assert await _statuses(owner, ("DELETE", path)) == [204]
        for client, seen in ((owner, 1), (near, 0), (admin, 1)):
            listed = (await client.get("/v1/messages?deleted=true")).json()["items"]
            assert len(listed) == seen
        assert await _statuses(near, ("POST", f"{path}/restore")) == [404]
        assert await _statuses(admin, ("POST", f"{path}/restore")) == [200]
    assert await office.count(RemovedLetter) == 0


async def test_what_was_purged_is_not_stored_again_wherever_it_turns_up(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """GAT-014, MAI-009, MAI-010: renumbered, put back, or in another mailbox; a new one is kept."""
    await office.add_mailbox("erased")
    deal = await office.add_deal()
    raw = write_raw(f"[ticket:{deal.ticket}]", message_id="<erased@x.example>")
    letter = await _received(office, dovecot, raw, "erased")
    async with office.service.client(office.admin) as admin:
        path = f"/v1/messages/{letter['id']}"
        assert await _statuses(admin, ("DELETE", path), ("POST", f"{path}/purge")) == [204, 204]
    dovecot.renumber("erased")
    await office.sync()
    dovecot.deliver("erased", raw)
    await office.add_mailbox("erased-too")
    dovecot.deliver("erased-too", b"Received: from elsewhere\r\n" + raw)
    await office.sync()
    assert await office.count(Message) == 0
    dovecot.deliver("erased", raw.replace(b"<erased@x", b"<other@x"))
    await office.sync()
    assert len(await office.letters_of(deal)) == 1


async def test_our_own_purged_letter_is_known_by_our_mark(
    office: Any, smtp: Any, dovecot: Any
) -> None:
    """GAT-014, MAI-010: the provider gave it another Message-ID."""
    await office.add_mailbox("renamed")
    draft = await office.write(await office.add_deal())
    await office.order(draft)
    await office.deliver_queue()
    async with office.service.client(office.admin) as admin:
        path = f"/v1/messages/{draft['id']}"
        assert await _statuses(admin, ("DELETE", path), ("POST", f"{path}/purge")) == [204, 204]
    ((_, original),) = smtp.taken
    own = f"<{draft['id']}@example.com>".encode()
    dovecot.deliver("renamed", original.replace(own, b"<given@provider.example>"), "Sent")
    await office.sync()
    assert await office.count(Message) == 0


async def test_a_mailbox_stays_as_long_as_a_letter_names_it_or_lies_in_it(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """GAT-014, MAI-010: then it goes with its folders, its secret and what waits in it."""
    colleague = acting_as("mail", "sales_manager")
    await office.add_user(colleague, office.department_id)
    first = await office.add_mailbox("kept")
    second = await office.add_mailbox("kept-too", owner_id=str(colleague.user_id))
    deal = await office.add_deal()
    raw = write_raw(f"[ticket:{deal.ticket}]")
    letter = await _received(office, dovecot, raw, "kept")
    dovecot.deliver("kept-too", raw)
    dovecot.deliver("kept-too", write_raw("[ticket:AAAAAAAAAAA]"))
    await office.sync()
    assert (await office.count(Location), await office.count(WaitingLetter)) == (2, 1)
    paths = [f"/v1/mailboxes/{box['id']}" for box in (first, second)]
    async with (
        office.service.client(office.seller) as seller,
        office.service.client(office.admin) as admin,
    ):
        for path in paths:
            assert await _statuses(admin, ("POST", f"{path}/purge"), ("DELETE", path)) == [404, 204]
            assert await _statuses(seller, ("POST", f"{path}/purge")) == [403]
        message = f"/v1/messages/{letter['id']}"
        for gone in (False, True):  # a deleted letter names its mailbox, too
            for path in paths:
                refused = await admin.post(f"{path}/purge")
                assert (refused.status_code, refused.json()["code"]) == (409, "record_still_named")
            if not gone:
                assert await _statuses(admin, ("DELETE", message)) == [204]
        assert len((await admin.get("/v1/mailboxes?deleted=true")).json()["items"]) == 2
        assert await _statuses(admin, ("POST", f"{message}/purge")) == [204]
        assert await _statuses(admin, *(("POST", f"{path}/purge") for path in paths)) == [204, 204]
        assert (await admin.get("/v1/mailboxes?deleted=true")).json()["items"] == []
    for table in (Mailbox, Folder, Location, WaitingLetter):
        assert await office.count(table) == 0
    assert (await _audited(office, first["id"]))[-1] == ("mailbox", "purged")


async def test_what_was_deleted_long_ago_goes_by_itself_unless_something_names_it(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """GAT-014: after `retention_days`, letters before the mailboxes they came from."""
    deal = await office.add_deal()
    boxes = [await office.add_mailbox(f"past-{number}") for number in range(3)]
    for number in range(3):
        dovecot.deliver(f"past-{number}", write_raw(f"{number} [ticket:{deal.ticket}]"))
    await office.sync()
    letters = {item["subject"][0]: item["id"] for item in await office.letters_of(deal)}
    database = office.service.database
    async with database.engine.begin() as connection:
        past, lately = (clock.now() - timedelta(days=days) for days in (101, 99))
        everything = update(Message).values(deleted_at=past)
        await connection.execute(everything.where(Message.id != letters["1"]))
        await connection.execute(
            update(Message).values(deleted_at=lately).where(Message.id == letters["1"])
        )
        await connection.execute(update(Mailbox).values(deleted_at=past))
        await connection.execute(
            update(Mailbox).values(deleted_at=lately).where(Mailbox.id == boxes[2]["id"])
        )
    await purge_overdue(database, removables=REMOVABLES, days=100)
    async with database.reading() as session:
        assert [str(id_) for id_ in await session.scalars(select(Message.id))] == [letters["1"]]
        left = set(map(str, await session.scalars(select(Mailbox.id))))
        assert await session.scalar(select(func.count()).select_from(Location)) == 1
    assert left == {boxes[1]["id"], boxes[2]["id"]}
    assert (await _audited(office, boxes[0]["id"]))[-1] == ("mailbox", "purged")
