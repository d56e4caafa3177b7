"""Letters that are quicker than the event of their record: found again, and nothing is kept before.

All on a real Dovecot; see `mail.commands.waiting`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from services.mail.tests.factories import deal_created, request_received
from sqlalchemy import select, text

from contracts.deals import DealDeleted, DealRestored
from kernel import clock
from kernel.ids import ticket
from mail.commands import syncing
from mail.consumers import SUBSCRIPTION
from mail.models import Body, Folder, Location, Mailbox, Message, WaitingLetter

Raw = Callable[..., bytes]


async def _read_what_is_due(office: Any) -> int:
    """Read the mailboxes whose time has come by itself; answers how many."""
    leases = await syncing.claim_due(office.service.database, 9)
    for lease in leases:
        await office.sync_one(lease)
    return len(leases)


async def _hear_deal(office: Any, its_ticket: str) -> Any:
    deal = deal_created(office.seller.user_id, ticket=its_ticket)
    bodies = await office.service.hear(SUBSCRIPTION, deal, service="deals")
    return deal, bodies


async def test_a_letter_that_came_before_its_deal_is_kept_once_the_deal_is_announced(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-008, MAI-017: at once, and once only, however often the event comes."""
    await office.add_mailbox("quick-early")
    its_ticket = ticket()
    dovecot.deliver("quick-early", write_raw("Nothing to do with us", "private"))
    dovecot.deliver("quick-early", write_raw(f"Re: pumps [ticket:{its_ticket}]", "private"))
    await office.sync()
    assert (await office.count(Message), await office.count(Body)) == (0, 0)
    async with office.service.database.reading() as session:
        (row,) = await session.scalars(text("select w::text from waiting_letter w"))
    assert its_ticket in row
    assert "private" not in row
    assert await _read_what_is_due(office) == 0

    deal, bodies = await _hear_deal(office, its_ticket)
    assert await _read_what_is_due(office) == 1
    (letter,) = await office.letters_of(deal)
    assert (letter["ticket"], letter["links"][0]["way"]) == (its_ticket, "ticket")
    await office.service.deliver(SUBSCRIPTION, bodies)
    await office.sync()
    assert await office.count(WaitingLetter) == 0
    assert await office.count(Message) == await office.count(Location) == 1
    assert len(await office.service.said("mail.email.received")) == 1
    assert len(await office.service.said("mail.email.linked")) == 1


async def test_letters_sent_or_received_before_their_request_are_kept_too(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-008, MAI-017: inbox and Sent."""
    await office.add_mailbox("quick-both")
    request = request_received(office.seller.user_id)
    dovecot.deliver("quick-both", write_raw(f"In [ticket:{request.ticket}]"))
    dovecot.deliver("quick-both", write_raw("Out", f"see [ticket:{request.ticket}]"), "Sent")
    await office.sync()
    assert await office.count(Message) == 0
    await office.service.hear(SUBSCRIPTION, request, service="intake")
    assert await _read_what_is_due(office) == 1
    letters = await office.letters_on("request", request.request_id)
    assert {letter["direction"] for letter in letters} == {"in", "out"}


async def test_an_event_during_a_pass_waits_for_nobody_and_the_next_pass_finds_the_letter(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-017: neither the reader nor the event has to see the other."""
    await office.add_mailbox("quick-busy")
    its_ticket = ticket()
    dovecot.deliver("quick-busy", write_raw(f"[ticket:{its_ticket}]"))
    await office.sync()
    async with office.service.database.engine.begin() as reader:
        await reader.execute(select(Mailbox.id).with_for_update())
        deal, _ = await _hear_deal(office, its_ticket)
    assert await _read_what_is_due(office) == 0
    await office.sync()
    assert len(await office.letters_of(deal)) == 1


async def test_a_pass_killed_behind_an_awaited_letter_loses_and_doubles_nothing(
    office: Any, dovecot: Any, write_raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAI-011: it is kept first, and waits no longer after that."""
    await office.add_mailbox("quick-killed")
    its_ticket = ticket()
    dovecot.deliver("quick-killed", write_raw(f"First [ticket:{its_ticket}]"))
    dovecot.deliver("quick-killed", write_raw("Not for us"))
    await office.sync()
    deal, _ = await _hear_deal(office, its_ticket)

    async def die(*_: object) -> None:
        raise RuntimeError("quick-killed")

    with monkeypatch.context() as broken:
        broken.setattr(syncing, "end_waiting", die)
        await office.sync()
    assert await office.count(Message) == await office.count(WaitingLetter) == 1
    async with office.service.database.reading() as session:
        inbox = select(Folder.last_uid).where(Folder.role == "inbox")
        assert await session.scalar(inbox) == 2  # what was looked at stays looked at
    dovecot.deliver("quick-killed", write_raw(f"Second [ticket:{its_ticket}]"))
    await office.sync()
    assert len(await office.letters_of(deal)) == 2
    assert (await office.count(Location), await office.count(WaitingLetter)) == (2, 0)
    assert len(await office.service.said("mail.email.received")) == 2


@pytest.mark.parametrize("announced", ["before", "after"])
async def test_a_letter_waits_on_through_a_renumbered_folder(
    office: Any, dovecot: Any, write_raw: Raw, announced: str
) -> None:
    """MAI-009, MAI-017: also one that was looked at long ago, and is not fetched otherwise."""
    await office.add_mailbox(login := f"quick-{announced}")
    its_ticket = ticket()
    dovecot.deliver(login, write_raw(f"[ticket:{its_ticket}]"))
    await office.sync()
    with clock.frozen(clock.now() + timedelta(days=9)):
        await office.sync()
        dovecot.renumber(login)
        if announced == "after":
            await office.sync()
            assert await office.count(WaitingLetter) == 1
        deal, _ = await _hear_deal(office, its_ticket)
        await office.sync()
    assert len(await office.letters_of(deal)) == 1
    assert await office.count(WaitingLetter) == 0


async def test_a_letter_that_left_the_server_or_waits_too_long_is_forgotten(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-017: nothing is asked for again and again."""
    box = await office.add_mailbox("quick-gone")
    its_ticket = ticket()
    dovecot.deliver("quick-gone", write_raw(f"[ticket:{its_ticket}]"))
    await office.sync()
    dovecot.empty("quick-gone")
    dovecot.deliver("quick-gone", write_raw("[ticket:AAAAAAAAAAA]"))
    deal, _ = await _hear_deal(office, its_ticket)
    await office.sync()
    assert await office.letters_of(deal) == []
    async with office.service.database.reading() as session:
        (left,) = await session.scalars(select(WaitingLetter.tickets))
    assert left == ["AAAAAAAAAAA"]
    async with office.service.client(office.seller) as client:
        assert (await client.get(f"/v1/mailboxes/{box['id']}")).json()["state"] == "ok"
    with clock.frozen(clock.now() + timedelta(days=31)):
        await office.sync()
    assert await office.count(WaitingLetter) == 0


async def test_a_letter_to_a_deleted_deal_waits_until_that_is_restored(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """GAT-014, MAI-018: the ticket of a deleted deal links to nothing, as long as it is deleted."""
    await office.add_mailbox("quick-back")
    deal = await office.add_deal()
    gone, back = DealDeleted(deal_id=deal.deal_id), DealRestored(deal_id=deal.deal_id)
    await office.service.hear(SUBSCRIPTION, gone, service="deals", version=2)
    dovecot.deliver("quick-back", write_raw(f"[ticket:{deal.ticket}]"))
    for _ in range(2):
        await office.sync()
        assert await office.count(Message) == 0
    await office.service.hear(SUBSCRIPTION, back, service="deals", version=3)
    await office.sync()
    assert len(await office.letters_of(deal)) == 1
