"""Reading mailboxes on a real Dovecot: once each, in order, through every renumbering."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from sqlalchemy import func, select

from chassis.testing.service import acting_as
from kernel import clock
from mail.commands import syncing
from mail.models import Folder, Location, Mailbox, Message
from mail.worker import create_worker

Raw = Callable[..., bytes]


async def _count(office: Any, table: Any) -> int:
    async with office.service.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_ticket_in_the_text_or_a_known_thread_ties_a_letter_too(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-017: subject, then text, then In-Reply-To or References; all else stays outside."""
    await office.add_mailbox("order")
    deal, other = await office.add_deal("First"), await office.add_deal("Second")
    both = write_raw(f"Hi [ticket:{other.ticket}]", f"quoted [ticket:{deal.ticket}]")
    first = write_raw("By text", f"see [ticket:{deal.ticket}]", message_id="<t1@x.example>")
    dovecot.deliver("order", first)
    dovecot.deliver("order", write_raw("Re: By text", in_reply_to="<t1@x.example>"))
    dovecot.deliver("order", write_raw("Fwd", references="<no@x.example> <t1@x.example>"))
    dovecot.deliver("order", both)
    dovecot.deliver("order", write_raw("[ticket:AAAAAAAAAAA] unknown"))
    dovecot.deliver("order", write_raw("Nothing to do with us"))
    await office.sync()
    found = {item["subject"]: item for item in await office.letters_of(deal)}
    assert set(found) == {"By text", "Re: By text", "Fwd"}
    ways = {subject: item["links"][0]["way"] for subject, item in found.items()}
    assert ways == {"By text": "ticket", "Re: By text": "thread", "Fwd": "thread"}
    assert {item["ticket"] for item in found.values()} == {deal.ticket}
    assert len(await office.letters_of(other)) == 1
    assert await _count(office, Message) == 4


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
    assert await _count(office, Message) == 20
    async with office.service.database.reading() as session:
        assert (await session.scalars(select(Mailbox.next_due))).one() <= clock.now()
    await office.sync()
    assert await _count(office, Message) == 25
    await office.sync()
    assert await _count(office, Location) == 25
    async with office.service.database.reading() as session:
        assert (await session.scalars(select(Mailbox.next_due))).one() > clock.now()


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
        assert await _count(office, Message) == 2


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
        assert await _count(office, Message) == 31 + turn
        assert await _count(office, Location) == 31 + turn
    async with office.service.database.reading() as session:
        after = (await session.scalars(select(Folder).where(Folder.role == "inbox"))).one()
    assert after.uidvalidity != before.uidvalidity
    assert after.recovering_since is None
    received = await office.service.said("mail.email.received")
    assert len({one.data["message_id"] for one in received}) == len(received) == 33


async def test_one_letter_in_two_mailboxes_is_one_letter_that_both_owners_see(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-010."""
    colleague = acting_as("mail", "sales_manager")
    await office.add_user(colleague, office.department_id)
    await office.add_mailbox("left")
    await office.add_mailbox("right", owner_id=str(colleague.user_id))
    deal = await office.add_deal(department_id=None)
    raw = write_raw(f"To both [ticket:{deal.ticket}]", message_id="<both@x.example>")
    dovecot.deliver("left", b"Received: from here\r\n" + raw)
    dovecot.deliver("right", b"Received: from elsewhere\r\nX-Spam: no\r\n" + raw)
    await asyncio.gather(
        *(office.sync_one(lease) for lease in await syncing.claim_due(office.service.database, 9))
    )
    assert (await _count(office, Message), await _count(office, Location)) == (1, 2)
    assert len(await office.service.said("mail.email.received")) == 1
    for actor in (office.seller, colleague):
        async with office.service.client(actor) as client:
            assert len((await client.get("/v1/messages")).json()["items"]) == 1

    forged = raw.replace(b"Hi", b"Pay here instead")
    dovecot.deliver("left", forged)
    await office.sync()
    doubted = [item for item in await office.letters_of(deal) if item["doubted"]]
    assert (await _count(office, Message), len(doubted)) == (2, 1)


async def test_our_own_letters_are_known_again_even_under_another_message_id(
    office: Any, smtp: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-010: matched to the stored copy; an answer to the other Message-ID finds the deal."""
    await office.add_mailbox("alias")
    deal = await office.add_deal()
    draft = await office.write(deal)
    await office.order(draft)
    await office.deliver_queue()
    ((_, original),) = smtp.taken
    renamed = original.replace(f"<{draft['id']}@example.com>".encode(), b"<given@provider.example>")
    dovecot.deliver("alias", renamed, "Sent")
    written_elsewhere = write_raw(
        f"From the phone [ticket:{deal.ticket}]", sender="sam@example.com"
    )
    dovecot.deliver("alias", written_elsewhere, "Sent")
    await office.sync()
    dovecot.deliver("alias", write_raw("Answer", in_reply_to="<given@provider.example>"))
    await office.sync()
    found = {item["subject"]: item for item in await office.letters_of(deal)}
    assert len(found) == 3
    assert found["Answer"]["links"][0]["way"] == "thread"
    phone = found[f"From the phone [ticket:{deal.ticket}]"]
    assert (phone["direction"], phone["state"]) == ("out", "sent")
    directions = [one.data["direction"] for one in await office.service.said("mail.email.linked")]
    assert directions == ["out", "in"]
    assert len(await office.service.said("mail.email.received")) == 1


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


async def test_a_poisonous_letter_is_kept_raw_and_blocks_nobody(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """Row 43 of the list of bad input: stored as it is, with a mark, and the cursor moves on."""
    await office.add_mailbox("poison")
    deal = await office.add_deal()
    mark = f"[ticket:{deal.ticket}]".encode()
    nested = b"Content-Type: message/rfc822\r\n\r\n" * 1000
    dovecot.deliver("poison", b"Subject: deep " + mark + b"\r\n" + nested)
    words = b"Subject: " + mark + b" =?utf-8?q?a?=" * 20_000 + b"\r\n\r\nx"
    dovecot.deliver("poison", words)
    dovecot.deliver(
        "poison", b"Date: 99 Foo 20266\r\nSubject: =?x-no?q?=ff?= " + mark + b"\r\n\r\nx"
    )
    dovecot.deliver("poison", b"\x00\x01 " + mark + b"\r\n\r\n\xff\x00" + mark)
    dovecot.deliver("poison", write_raw(f"good {mark.decode()}"))
    async with asyncio.timeout(30):
        await office.sync()
    letters = await office.letters_of(deal)
    assert len(letters) == 5
    defects = sorted(item["defect"] or "" for item in letters)
    assert defects == ["", "", "", "the header is too large", "unreadable: RecursionError"]
    async with office.service.client(office.seller) as client:
        for item in letters:
            answer = await client.get(f"/v1/messages/{item['id']}/original")
            assert mark in answer.content


async def test_a_letter_of_the_far_future_does_not_stay_on_top(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-038: newest first means something."""
    await office.add_mailbox("future")
    deal = await office.add_deal()
    far = format_datetime(clock.now() + timedelta(days=9000))
    dovecot.deliver("future", write_raw(f"far [ticket:{deal.ticket}]", date=far))
    await office.sync()
    (letter,) = await office.letters_of(deal)
    assert letter["at"] < (clock.now() + timedelta(hours=1)).isoformat()


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
    assert await _count(office, Message) == await _count(office, Folder) == 0
    await office.sync_one(lease)
    assert await _count(office, Message) == 1


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
