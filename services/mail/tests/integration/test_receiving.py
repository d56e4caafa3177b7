"""What becomes of letters that were read: kept whole, once, and tied to what they belong to."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from chassis.testing.service import acting_as
from contracts.deals import DealDeleted
from kernel import clock
from kernel.ids import uuid7
from mail.commands import syncing
from mail.consumers import SUBSCRIPTION
from mail.models import Location, Message

Raw = Callable[..., bytes]


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
    assert await office.count(Message) == 4


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
    assert (await office.count(Message), await office.count(Location)) == (1, 2)
    assert len(await office.service.said("mail.email.received")) == 1
    for actor in (office.seller, colleague):
        async with office.service.client(actor) as client:
            assert len((await client.get("/v1/messages")).json()["items"]) == 1

    forged = raw.replace(b"Hi", b"Pay here instead")
    dovecot.deliver("left", forged)
    await office.sync()
    doubted = [item for item in await office.letters_of(deal) if item["doubted"]]
    assert (await office.count(Message), len(doubted)) == (2, 1)


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


async def test_our_own_letter_in_a_colleagues_inbox_is_no_second_one(
    office: Any, smtp: Any, dovecot: Any
) -> None:
    """MAI-010: both see the stored copy, also under the Message-ID that the provider gave it."""
    colleague = acting_as("mail", "sales_manager")
    await office.add_user(colleague, office.department_id)
    await office.add_mailbox("author")
    await office.add_mailbox("mate", owner_id=str(colleague.user_id))
    deal = await office.add_deal(department_id=None)
    names = ("kept", "given")
    for name in names:
        draft = await office.write(deal, to=[{"email": "mate@example.com"}], subject=name)
        await office.order(draft)
        await office.deliver_queue()
        own = f"<{draft['id']}@example.com>".encode()
        raw = smtp.taken[-1][1]
        dovecot.deliver("mate", raw if name == "kept" else raw.replace(own, b"<new@x.example>"))
    await office.sync()
    assert await office.count(Message) == 2
    async with office.service.client(colleague) as client:
        seen = (await client.get("/v1/messages")).json()["items"]
    assert len(seen) == 2
    assert {(item["direction"], item["doubted"]) for item in seen} == {("out", False)}
    assert await office.service.said("mail.email.received") == []


async def test_a_received_letter_is_kept_whole_and_never_changed(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-012: headers, text, harmless HTML, files, original; From, To, Cc, date, mailbox."""
    box = await office.add_mailbox("whole")
    deal = await office.add_deal()
    message = message_from_bytes(write_raw(f"Offer [ticket:{deal.ticket}]"), policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    message["Cc"] = "Cy <cy@buyer.example>"
    message["X-Priority"] = "1"
    message.add_alternative("<p onclick=x()>Hi<script>y()</script></p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="offer.pdf")
    dovecot.deliver("whole", message.as_bytes())
    await office.sync()
    (found,) = await office.letters_of(deal)
    letter = await office.read(found)
    assert letter["sender"] == {"name": "Ann Buyer", "email": "ann@buyer.example"}
    assert letter["to"] == [{"name": "", "email": "sam@example.com"}]
    assert letter["cc"] == [{"name": "Cy", "email": "cy@buyer.example"}]
    assert datetime.fromisoformat(letter["at"]) == message["Date"].datetime
    assert (letter["mailbox_id"], letter["text"], letter["html"]) == (box["id"], "Hi", "<p>Hi</p>")
    assert ["X-Priority", "1"] in letter["headers"]
    (file,) = letter["attachments"]
    assert (file["name"], file["media_type"], file["size"]) == ("offer.pdf", "application/pdf", 4)
    async with office.service.client(office.seller) as client:
        path = f"/v1/messages/{letter['id']}"
        assert (await client.get(f"{path}/original")).content == message.as_bytes()
        changed = await client.patch(path, json={"text": "Hello"})
        sent = await client.post(f"{path}/send")
    assert (changed.status_code, changed.json()["code"]) == (409, "message_read_only")
    assert (sent.status_code, sent.json()["code"]) == (409, "message_sent_already")
    assert await office.read(found) == letter


async def test_a_ticket_decides_the_deal_or_else_the_request_with_all_it_is_about(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-008, MAI-017: incoming and outgoing letters of the salesperson, and the event."""
    await office.add_mailbox("about")
    about = {kind: uuid7() for kind in ("contact", "lead", "company")}
    ids = {f"{kind}_id": record_id for kind, record_id in about.items()}
    request = await office.add_request(**ids)
    dovecot.deliver("about", write_raw(f"In [ticket:{request.ticket}]"))
    dovecot.deliver("about", write_raw(f"Out [ticket:{request.ticket}]"), "Sent")
    await office.sync()
    letters = await office.letters_on("request", request.request_id)
    assert {letter["subject"].split()[0] for letter in letters} == {"In", "Out"}
    wanted = {("request", str(request.request_id))} | {(k, str(v)) for k, v in about.items()}
    for letter in letters:
        assert {(link["kind"], link["id"]) for link in letter["links"]} == wanted
    for told in await office.service.said("mail.email.linked"):
        assert {(link["kind"], link["id"]) for link in told.data["links"]} == wanted
    deal = await office.add_deal(ticket=request.ticket)
    dovecot.deliver("about", write_raw(f"Later [ticket:{request.ticket}]"))
    await office.sync()
    (later,) = await office.letters_of(deal)
    assert {link["kind"] for link in later["links"]} == {"deal", "contact"}


async def test_the_thread_of_a_deleted_deal_leads_nowhere(
    office: Any, dovecot: Any, write_raw: Raw
) -> None:
    """MAI-017, MAI-018: its contact keeps getting the letters."""
    await office.add_mailbox("gone")
    deal = await office.add_deal()
    first = write_raw(f"One [ticket:{deal.ticket}]", message_id="<gone@x.example>")
    dovecot.deliver("gone", first)
    await office.sync()
    deleted = DealDeleted(deal_id=deal.deal_id)
    await office.service.hear(SUBSCRIPTION, deleted, service="deals", version=2)
    dovecot.deliver("gone", write_raw("Two", in_reply_to="<gone@x.example>"))
    await office.sync()
    assert len(await office.letters_of(deal)) == 1
    assert len(await office.letters_on("contact", deal.contact_id)) == 2


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
