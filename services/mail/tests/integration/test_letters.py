"""Letters as they are written: pre-filled, changed, refused, seen by some and not by others."""

from email import message_from_bytes, policy
from typing import Any

import pytest
from services.mail.tests.factories import contact_created, lead_created, request_received

from chassis.testing.service import Actor, acting_as
from contracts.intake import CompanyCreated
from kernel.ids import uuid7
from mail.consumers import SUBSCRIPTION


async def test_a_letter_can_be_written_from_any_kind_of_record(office: Any) -> None:
    """MAI-016, MAI-027."""
    company = CompanyCreated(
        company_id=uuid7(),
        name="Pump Ltd",
        email="office@pump.example",
        active=True,
        owner_id=office.seller.user_id,
    )
    lead = lead_created(office.seller.user_id)
    contact = contact_created(owner_id=office.seller.user_id)
    request = request_received(office.seller.user_id, lead_id=lead.lead_id)
    heard = company, lead, contact, request
    await office.service.hear(SUBSCRIPTION, *heard, service="intake")
    expected = {
        ("company", company.company_id): ("Re: Pump Ltd", "office@pump.example", {"company"}),
        ("contact", contact.contact_id): ("Re: Ann Buyer", "ann@buyer.example", {"contact"}),
        ("lead", lead.lead_id): ("Re: Wants pumps", "lead@pump.example", {"lead"}),
        ("request", request.request_id): (
            f"Re: Price? [ticket:{request.ticket}]",
            "asks@pump.example",
            {"request", "lead"},
        ),
    }
    async with office.service.client(office.seller) as client:
        for (kind, record_id), (subject, email, links) in expected.items():
            body = {"record": {"kind": kind, "id": str(record_id)}}
            answer = await client.post("/v1/messages", json=body)
            draft = answer.json()
            assert answer.headers["Location"] == f"/v1/messages/{draft['id']}"
            assert (draft["subject"], draft["to"][0]["email"]) == (subject, email)
            assert {link["kind"] for link in draft["links"]} == links
            assert (draft["state"], draft["version"]) == ("draft", 1 + 1)
    assert await office.service.said() == []  # a draft is nobody else's business


async def test_the_ticket_stands_once_however_often_the_letter_is_changed(office: Any) -> None:
    """MAI-016: never twice."""
    await office.add_mailbox("sam")
    deal = await office.add_deal()
    mark = f"[ticket:{deal.ticket}]"
    draft = await office.write(deal, subject=f"{mark} About {mark}", html="<p>Hi</p>")
    assert draft["subject"] == f"About {mark}"
    async with office.service.client(office.seller) as client:
        path = f"/v1/messages/{draft['id']}"
        await client.patch(path, json={"subject": "New words", "text": f"Quoted:\n> {mark}"})
    await office.order(draft)
    queued = await office.read(draft)
    assert queued["subject"] == f"New words {mark}"
    assert queued["text"].count(mark) == 1
    assert queued["html"].count(mark) == 1


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"subject": ""}, "/subject", "subject_missing"),
        ({"text": "  "}, "/text", "text_missing"),
        ({"to": []}, "/to", "recipient_missing"),
        ({"to": [{"email": "sam@example.com"}]}, "/to", "recipient_is_sender"),
    ],
)
async def test_an_incomplete_letter_is_not_sent(
    office: Any, change: dict[str, Any], pointer: str, code: str
) -> None:
    """MAI-028: without subject, text, recipient or mailbox -> 422."""
    await office.add_mailbox("sam")
    draft = await office.write(await office.add_deal(), **change)
    refused = await office.order(draft)
    assert refused.status_code == 422
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
        (pointer, code)
    ]
    assert (await office.read(draft))["state"] == "draft"
    assert await office.deliver_queue() == 0


async def test_without_a_mailbox_nothing_is_sent_and_later_the_main_one_is_used(
    office: Any,
) -> None:
    """MAI-028: through the owner's main mailbox."""
    draft = await office.write(await office.add_deal())
    refused = await office.order(draft)
    assert [error["field"] for error in refused.json()["errors"]] == ["/mailbox_id"]
    await office.add_mailbox("other", main=False)
    main = await office.add_mailbox("sam")
    ordered = await office.order(draft)
    assert (ordered.status_code, ordered.json()["mailbox_id"]) == (202, main["id"])
    again = await office.order(draft)
    assert (again.status_code, again.json()["code"]) == (409, "message_sent_already")


async def test_everything_that_a_letter_lacks_is_named_at_once(office: Any) -> None:
    """MAI-028, GAT-002."""
    draft = await office.write(await office.add_deal(), subject="", text="", to=[])
    refused = await office.order(draft)
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
        ("/subject", "subject_missing"),
        ("/text", "text_missing"),
        ("/to", "recipient_missing"),
        ("/mailbox_id", "mailbox_missing"),
    ]
    assert (await office.read(draft))["state"] == "draft"


async def test_a_mailbox_that_is_gone_or_not_ones_own_cannot_send(office: Any) -> None:
    """MAI-028: without mailbox -> 422, and the letter can be given another one."""
    box = await office.add_mailbox("sam")
    draft = await office.write(await office.add_deal())
    assert draft["mailbox_id"] == box["id"]
    async with office.service.client(office.admin) as client:
        assert (await client.delete(f"/v1/mailboxes/{box['id']}")).status_code == 204
    refused = await office.order(draft)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["code"]) == (
        422,
        "/mailbox_id",
        "mailbox_unknown",
    )
    other = await office.add_mailbox("other")
    stranger = acting_as("mail", "sales_manager", departments=(uuid7(),))
    path = f"/v1/messages/{draft['id']}"
    async with (
        office.service.client(office.seller) as client,
        office.service.client(stranger) as far,
    ):
        body = {"subject": "s", "text": "t", "mailbox_id": other["id"]}
        assert (await far.post("/v1/messages", json=body)).status_code == 422
        changed = await client.patch(path, json={"mailbox_id": other["id"]})
        assert (changed.status_code, changed.json()["sender"]["email"]) == (200, other["address"])
    assert (await office.order(draft)).status_code == 202


async def test_a_letter_written_from_a_request_carries_its_ticket(office: Any, smtp: Any) -> None:
    """MAI-016, MAI-027: at the end of the subject and in the footer, by itself."""
    await office.add_mailbox("sam")
    request = await office.add_request()
    mark = f"[ticket:{request.ticket}]"
    body = {"record": {"kind": "request", "id": str(request.request_id)}, "text": "It is 100."}
    async with office.service.client(office.seller) as client:
        draft = (await client.post("/v1/messages", json=body)).json()
    await office.order(draft)
    await office.deliver_queue()
    ((to, original),) = smtp.taken
    sent = message_from_bytes(original, policy=policy.default)
    assert to == ["asks@pump.example"]
    assert sent["Subject"] == f"Re: Price? {mark}"
    assert sent.get_content().splitlines() == ["It is 100.", "", mark]


@pytest.mark.parametrize(
    "bad",
    [
        {"subject": "a\r\nBcc: x@y.example"},
        {"subject": "a\u2028b"},
        {"subject": "a\x0bb"},
        {"subject": "a\x00b"},
        {"to": [{"email": "a@b.example\r\nRCPT TO:<x@y.example>"}]},
        {"to": [{"email": "a b@c.example"}]},
        {"to": [{"email": "<a@b.example>"}]},
        {"to": [{"email": "a@b.example", "name": "A\nB"}]},
        {"to": [{"email": f"u{n}@b.example"} for n in range(101)]},
        {"text": 7},
        {"html": "<div>" * 300},
        {"record": {"kind": "planet", "id": "0198c0de-0000-7000-8000-000000000001"}},
        {"record": {"kind": "deal", "id": "0198c0de-0000-7000-8000-000000000001"}},
        {"created_by": "me"},
    ],
)
async def test_bad_letters_are_refused_and_not_stored(office: Any, bad: dict[str, Any]) -> None:
    """Rows 44 to 46 of the list of bad input."""
    async with office.service.client(office.seller) as client:
        answer = await client.post("/v1/messages", json={"subject": "s", "text": "t", **bad})
        listed = await client.get("/v1/messages")
    assert answer.status_code in (400, 422), answer.text
    assert listed.json()["items"] == []
    assert await office.service.said("mail.audit.recorded") == []


async def test_html_is_stored_harmless(office: Any) -> None:
    """MAI-012."""
    html = (
        '<p onclick="x()">Hi<script>alert(1)</script><img src="http://spy.example/1.gif">'
        '<a href="javascript:x()">l</a><style>p{}</style><form action="http://e.example"></p>'
    )
    draft = await office.write(await office.add_deal(), html=html)
    assert draft["html"] == '<p>Hi<img><a rel="noopener noreferrer">l</a></p><p></p>'


async def test_letters_are_seen_in_the_scope_of_their_owner_or_record(office: Any) -> None:
    """GAT-001, MAI-010, MAI-083: 401, 403, 404 and allowed."""
    await office.add_mailbox("sam")
    deal = await office.add_deal()
    draft = await office.write(deal)
    alone = await office.write(deal, record=None, subject="No record", to=[])
    await office.order(draft)
    await office.deliver_queue()
    mate = acting_as("mail", "sales_manager", departments=(office.department_id,))
    stranger = acting_as("mail", "sales_manager", departments=(uuid7(),))
    boss = acting_as("mail", "executive")
    path = f"/v1/messages/{draft['id']}"
    letters = f"/v1/records/deal/{deal.deal_id}/letters"
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/v1/messages", {"text": "x"}),
        ("GET", "/v1/messages", None),
        ("GET", path, None),
        ("PATCH", path, {"text": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/send", None),
        ("POST", f"{path}/restore", None),
        ("GET", f"{path}/original", None),
        ("GET", f"{path}/attachments/1", None),
        ("GET", f"{path}/timeline", None),
        ("GET", letters, None),
    ]
    async with (
        office.service.client() as nobody,
        office.service.client(Actor({})) as powerless,
        office.service.client(stranger) as far,
        office.service.client(mate) as near,
        office.service.client(boss) as above,
    ):
        for method, url, body in calls:
            assert (await nobody.request(method, url, json=body)).status_code == 401, url
            assert (await powerless.request(method, url, json=body)).status_code == 403, url
            if path in url:
                assert (await far.request(method, url, json=body)).status_code == 404, url
        assert (await far.get(letters)).json()["items"] == []
        assert (await far.get("/v1/messages")).json()["items"] == []
        for client in (near, above):
            assert (await client.get(path)).status_code == 200
            assert (await client.get(f"/v1/messages/{alone['id']}")).status_code == 404
            (shown,) = (await client.get("/v1/messages")).json()["items"]
            assert shown["id"] == draft["id"]
        for method, url in (("PATCH", path), ("DELETE", path), ("POST", f"{path}/send")):
            answer = await near.request(method, url, json={} if method != "DELETE" else None)
            assert answer.status_code == 403, url


async def test_the_original_is_downloaded_as_a_file(office: Any) -> None:
    """MAI-012, MAI-035."""
    await office.add_mailbox("sam")
    draft = await office.write(await office.add_deal())
    async with office.service.client(office.seller) as client:
        path = f"/v1/messages/{draft['id']}/original"
        assert (await client.get(path)).status_code == 404
        await office.order(draft)
        answer = await client.get(path)
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert f"Message-ID: <{draft['id']}@example.com>".encode() in answer.content


async def test_letters_of_a_deal_come_newest_first_four_at_a_time(office: Any) -> None:
    """MAI-038."""
    await office.add_mailbox("sam")
    deal = await office.add_deal()
    for number in range(6):
        await office.order(await office.write(deal, subject=f"Letter {number}"))
    await office.deliver_queue()
    await office.write(deal, subject="a draft is no letter yet")
    async with office.service.client(office.seller) as client:
        path = f"/v1/records/deal/{deal.deal_id}/letters?limit=4"
        first = (await client.get(path)).json()
        second = (await client.get(f"{path}&cursor={first['next_cursor']}")).json()
        other = (await client.get(f"/v1/records/contact/{deal.contact_id}/letters")).json()
    subjects = [item["subject"][:8] for item in first["items"] + second["items"]]
    assert len(first["items"]) == 4
    assert sorted(subjects, reverse=True) == [f"Letter {n}" for n in range(5, -1, -1)]
    times = [item["at"] for item in first["items"] + second["items"]]
    assert times == sorted(times, reverse=True)
    assert len(other["items"]) == 6


async def test_a_letter_can_be_removed_and_brought_back_with_its_history(office: Any) -> None:
    """GAT-014, GAT-017, MAI-031: from one's own trash; texts are never audited (MAI-081)."""
    draft = await office.write(await office.add_deal())
    async with office.service.client(office.seller) as client:
        path = f"/v1/messages/{draft['id']}"
        changed = await client.patch(path, json={"text": "private words", "cc": []})
        assert changed.headers["ETag"] == '"3"'
        stale = await client.patch(path, json={"text": "x"}, headers={"If-Match": '"2"'})
        assert stale.status_code == 412
        assert (await client.delete(path)).status_code == 204
        assert (await client.get(path)).status_code == 404
        assert (await client.get("/v1/messages")).json()["items"] == []
        (removed,) = (await client.get("/v1/messages?deleted=true")).json()["items"]
        assert removed["id"] == draft["id"]
        assert (await client.post(f"{path}/restore")).status_code == 200
        assert (await client.get("/v1/messages?deleted=true")).json()["items"] == []
        timeline = await client.get(f"{path}/timeline")
    actions = [entry["action"] for entry in timeline.json()["items"]]
    assert actions == ["restored", "deleted", "changed", "linked", "created"]
    assert "private words" not in timeline.text
