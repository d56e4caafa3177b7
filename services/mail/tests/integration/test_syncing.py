"""Reading mailboxes on a real Dovecot: once each, in order, through every renumbering."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from kernel import clock
from mail.commands import syncing
from mail.models import Folder, Location, Mailbox, Message
from mail.worker import create_worker

Raw = Callable[..., bytes]


async def test_letters_beyond_two_hundred_wait_for_the_next_pass(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-009: at most 200 letters a pass, the rest in the next, which comes at once."""
    await office.add_mailbox("many")
    deal = await office.add_deal()
    await office.sync()  # the empty folder is known from here on
    for number in range(250):
        ours = f"[ticket:{deal.ticket}]" if number % 10 == 0 else "not for us"
        dovecot.deliver("many", write_raw(f"{number} {ours}"))
    await office.sync()
    assert await office.count(Message) == 20
    async with office.service.database.reading() as session:
        assert (await session.scalars(select(Mailbox.next_due))).one() <= clock.now()
    await office.sync()
    assert await office.count(Message) == 25
    await office.sync()
    assert await office.count(Location) == 25
    async with office.service.database.reading() as session:
        box = (await session.scalars(select(Mailbox))).one()
    assert box.next_due > clock.now()
    assert box.last_sync_at
    assert box.next_due < box.last_sync_at + timedelta(seconds=120)  # counted from its beginning


async def test_a_full_mailbox_is_begun_near_its_end(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-014: history does not delay what arrives now."""
    deal = await office.add_deal()
    for number in range(230):
        ours = f"[ticket:{deal.ticket}]" if number in (29, 30, 229) else "not for us"
        dovecot.deliver("full", write_raw(f"{number} {ours}"))
    await office.add_mailbox("full")
    for _ in range(2):
        await office.sync()
        assert await office.count(Message) == 2


async def test_a_renumbered_folder_loses_and_doubles_nothing(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-009, C1: another UIDVALIDITY is recovered by Message-ID."""
    await office.add_mailbox("renum")
    deal = await office.add_deal()
    for number in range(30):
        dovecot.deliver("renum", write_raw(f"{number} [ticket:{deal.ticket}]"))
    await office.sync()
    async with office.service.database.reading() as session:
        before = (await session.scalars(select(Folder).where(Folder.role == "inbox"))).one()
    for turn in range(3):
        dovecot.renumber("renum")
        dovecot.deliver("renum", write_raw(f"new {turn} [ticket:{deal.ticket}]"))
        await office.sync()
        assert await office.count(Message) == 31 + turn
        assert await office.count(Location) == 31 + turn
    async with office.service.database.reading() as session:
        after = (await session.scalars(select(Folder).where(Folder.role == "inbox"))).one()
    assert after.uidvalidity != before.uidvalidity
    assert after.recovering_since is None
    received = await office.service.said("mail.email.received")
    assert len({one.data["message_id"] for one in received}) == len(received) == 33


async def test_an_uncertain_letter_that_lies_in_sent_was_sent(
    office: Any, smtp: Any, dovecot: Any
) -> None:
    """C5: the Sent folder is looked at before anybody is asked."""
    await office.add_mailbox("unsure")
    draft = await office.write(await office.add_deal())
    await office.order(draft)
    smtp.data.append("keep and drop")
    await office.deliver_queue()
    dovecot.deliver("unsure", smtp.taken[0][1], "Sent")
    await office.sync()
    sent = await office.read(draft)
    assert (sent["state"], sent["error"]) == ("sent", None)
    (told,) = await office.service.said("mail.email.sent")
    assert told.data["to"] == ["ann@buyer.example"]


async def test_a_reader_that_lost_its_lease_writes_nothing(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-011: fencing by epoch."""
    await office.add_mailbox("fence")
    deal = await office.add_deal()
    dovecot.deliver("fence", write_raw(f"[ticket:{deal.ticket}]"))
    (lease,) = await syncing.claim_due(office.service.database, 9)
    assert await syncing.claim_due(office.service.database, 9) == []
    await office.sync_one(syncing.Lease(lease.mailbox_id, lease.epoch - 1))
    assert await office.count(Message) == await office.count(Folder) == 0
    await office.sync_one(lease)
    assert await office.count(Message) == 1


async def test_the_worker_reads_a_mailbox_that_is_due(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-008, MAI-014: no user action needed; POST /sync makes it now."""
    box = await office.add_mailbox("worker")
    deal = await office.add_deal()
    running = asyncio.create_task(create_worker(office.settings).run(["sync"]))
    async with asyncio.timeout(15), office.service.client(office.seller) as client:
        path = f"/v1/mailboxes/{box['id']}"
        while not (await client.get(path)).json()["last_sync_at"]:
            await asyncio.sleep(0.05)  # between two looks
        dovecot.deliver("worker", write_raw(f"[ticket:{deal.ticket}]"))
        assert (await client.post(f"{path}/sync")).status_code == 202
        while not await office.letters_of(deal):
            await asyncio.sleep(0.05)  # between two looks
    running.cancel()
    await asyncio.wait({running})
