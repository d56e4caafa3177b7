"""The whole road: a letter leaves from a deal, the answer comes back to it."""

from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any


async def test_a_letter_written_from_a_deal_is_sent_and_its_answer_is_tied_to_the_deal(
    office: Any, smtp: Any, dovecot: Any, write_raw: Callable[..., bytes]
) -> None:
    """MAI-008, MAI-012, MAI-016, MAI-017, MAI-027, MAI-028, MAI-038, EVT-053..055, C2."""
    mailbox = await office.add_mailbox("road")
    deal = await office.add_deal("Twelve pumps")
    draft = await office.write(deal)
    assert draft["subject"] == f"Re: Twelve pumps [ticket:{deal.ticket}]"
    assert draft["to"] == [{"email": "ann@buyer.example", "name": "Ann Buyer"}]
    assert {link["kind"] for link in draft["links"]} == {"deal", "contact"}

    ordered = await office.order(draft)
    assert (ordered.status_code, ordered.json()["state"]) == (202, "queued"), ordered.text
    assert await office.deliver_queue() == 1
    sent = await office.read(draft)
    assert (sent["state"], sent["error"], sent["at"]) == ("sent", None, sent["sent_at"])
    ((recipients, original),) = smtp.taken
    assert recipients == ["ann@buyer.example"]
    assert [login[1:] for login in smtp.logins] == [("road", smtp.password)]
    outgoing = message_from_bytes(original, policy=policy.default)
    assert outgoing["Subject"] == f"Re: Twelve pumps [ticket:{deal.ticket}]"
    assert outgoing["X-CRM-ID"] == draft["id"]
    assert outgoing.get_content().rstrip().endswith(f"[ticket:{deal.ticket}]")
    (told,) = await office.service.said("mail.email.sent")
    assert told.data["to"] == ["ann@buyer.example"]
    assert {link["kind"] for link in told.data["links"]} == {"deal", "contact"}
    assert told.data["ticket"] == deal.ticket

    dovecot.deliver("road", original, "Sent")
    dovecot.deliver("road", write_raw(f"AW: {outgoing['Subject']}", in_reply_to=sent["rfc_id"]))
    dovecot.deliver("road", write_raw("Holiday photos"))
    before = dovecot.flags("road"), dovecot.flags("road", "Sent")
    await office.sync()
    after = dovecot.flags("road"), dovecot.flags("road", "Sent")
    assert before == after
    assert len(before[0]) == 2

    newest, oldest = await office.letters_of(deal)
    assert (oldest["id"], oldest["direction"]) == (draft["id"], "out")
    assert (newest["state"], newest["direction"]) == ("received", "in")
    assert newest["ticket"] == deal.ticket
    (received,) = await office.service.said("mail.email.received")
    assert received.data["message_id"] == newest["id"]
    assert received.data["from"] == {"name": "Ann Buyer", "email": "ann@buyer.example"}
    assert received.data["owner_id"] == str(office.seller.user_id)
    (linked,) = await office.service.said("mail.email.linked")
    assert (linked.data["direction"], linked.data["way"]) == ("in", "ticket")
    assert {link["kind"] for link in linked.data["links"]} == {"deal", "contact"}
    async with office.service.client(office.seller) as client:
        state = (await client.get(f"/v1/mailboxes/{mailbox['id']}")).json()
    assert (state["state"], state["last_error"]) == ("ok", None)
    assert state["last_sync_at"]

    await office.sync()
    assert len(await office.letters_of(deal)) == 2
