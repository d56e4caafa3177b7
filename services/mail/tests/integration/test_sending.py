"""The queue of outgoing letters against a real SMTP server that does not always behave."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from kernel import clock
from mail.commands import sending
from mail.models import Outgoing
from mail.worker import create_worker, keep_busy

TWO = [{"email": "ann@buyer.example"}, {"email": "bob@buyer.example"}]


async def _queued(office: Any, **fields: Any) -> dict[str, Any]:
    await office.add_mailbox("sam")
    draft: dict[str, Any] = await office.write(await office.add_deal(), **fields)
    assert (await office.order(draft)).status_code == 202
    return draft


@pytest.mark.parametrize(
    ("code", "state"),
    [
        *((code, "queued") for code in (421, 450, 451, 452, 455)),
        *((code, "failed") for code in (500, 550, 552, 553, 554)),
    ],
)
@pytest.mark.parametrize("place", ["rcpt", "data"])
async def test_a_reply_decides_whether_a_letter_is_tried_again_or_failed(
    office: Any, smtp: Any, code: int, state: str, place: str
) -> None:
    """MAI-028, C6: 4xx is retried, 5xx is not, and the server's own words are kept."""
    letter = await _queued(office)
    if place == "rcpt":
        smtp.rcpt["ann@buyer.example"] = f"{code} no thanks"
    else:
        smtp.data.append(f"{code} no thanks")
    await office.deliver_queue()
    after = await office.read(letter)
    assert (after["state"], after["error"]) == (state, "no thanks")
    assert [one["code"] for one in after["deliveries"]] == [code]
    assert await office.deliver_queue() == 0  # its time has not come
    failed = await office.service.said("mail.email.failed")
    assert [one.data["reason"] for one in failed] == (["no thanks"] if state == "failed" else [])
    assert await office.service.said("mail.email.sent") == []

    smtp.rcpt.clear()
    if state == "failed":  # kept for resending
        assert (await office.order(letter)).status_code == 202
    await office.hurry()
    await office.deliver_queue()
    assert (await office.read(letter))["state"] == "sent"
    assert len(smtp.taken) == 1


async def test_each_recipient_has_an_own_answer(office: Any, smtp: Any) -> None:
    """C6: a partial refusal is recorded for each recipient; who has the letter gets no second."""
    letter = await _queued(office, to=TWO, cc=[{"email": "Cy@BÜCHER.example"}])
    smtp.rcpt |= {"bob@buyer.example": "550 unknown", "Cy@xn--bcher-kva.example": "451 later"}
    await office.deliver_queue()
    first = {one["address"]: one["state"] for one in (await office.read(letter))["deliveries"]}
    assert first == {
        "ann@buyer.example": "sent",
        "bob@buyer.example": "refused",
        "Cy@xn--bcher-kva.example": "waiting",
    }
    smtp.rcpt.clear()
    await office.hurry()
    await office.deliver_queue()
    assert [to for to, _ in smtp.taken] == [["ann@buyer.example"], ["Cy@xn--bcher-kva.example"]]
    (sent,) = await office.service.said("mail.email.sent")
    assert set(sent.data["to"]) == {"ann@buyer.example", "Cy@xn--bcher-kva.example"}
    (failed,) = await office.service.said("mail.email.failed")
    assert (failed.data["recipient"], failed.data["reason"]) == ("bob@buyer.example", "unknown")
    assert failed.aggregateversion == sent.aggregateversion + 1
    assert (await office.read(letter))["state"] == "sent"


@pytest.mark.parametrize("kept", [True, False])
async def test_a_connection_cut_after_the_letter_leaves_it_uncertain_until_the_author_decides(
    office: Any, smtp: Any, *, kept: bool
) -> None:
    """C5: never twice by itself; the same Message-ID when it is sent again."""
    letter = await _queued(office)
    smtp.data.append("keep and drop" if kept else "drop")
    await office.deliver_queue()
    uncertain = await office.read(letter)
    assert uncertain["state"] == "uncertain"
    assert "may have been sent" in uncertain["error"]
    await office.hurry()
    assert await office.deliver_queue() == 0
    refused = await office.order(letter)
    assert (refused.status_code, refused.json()["code"]) == (409, "sending_uncertain")
    assert (await office.order(letter, again=True)).status_code == 202
    await office.deliver_queue()
    assert (await office.read(letter))["state"] == "sent"
    assert len(smtp.taken) == (2 if kept else 1)
    assert len({raw for _, raw in smtp.taken}) == 1


async def test_who_has_a_letter_gets_no_second_one_when_the_rest_is_uncertain(
    office: Any, smtp: Any
) -> None:
    """C5, MAI-028: sending again is for those about whom nobody knows."""
    letter = await _queued(office, to=TWO)
    smtp.rcpt["bob@buyer.example"] = "451 later"
    await office.deliver_queue()
    smtp.rcpt.clear()
    smtp.data.append("drop")
    await office.hurry()
    await office.deliver_queue()
    assert (await office.read(letter))["state"] == "uncertain"
    assert (await office.order(letter, again=True)).status_code == 202
    await office.deliver_queue()
    assert [to for to, _ in smtp.taken] == [["ann@buyer.example"], ["bob@buyer.example"]]
    (sent,) = await office.service.said("mail.email.sent")
    assert set(sent.data["to"]) == {"ann@buyer.example", "bob@buyer.example"}


async def test_a_server_that_repeats_the_password_does_not_spread_it(
    office: Any, smtp: Any
) -> None:
    """MAI-002: its words are kept, the secret in them is not."""
    letter = await _queued(office)
    smtp.rcpt["ann@buyer.example"] = f"550 {smtp.password} is no reason"
    await office.deliver_queue()
    assert (await office.read(letter))["error"] == "*** is no reason"
    (told,) = await office.service.said("mail.email.failed")
    assert told.data["reason"] == "*** is no reason"


async def test_work_that_breaks_off_does_not_break_off_the_rest() -> None:
    """C3, C5: one poisonous letter or mailbox stops nobody else; a lost database stops all."""
    begun: list[int] = []
    rescued = asyncio.Event()
    waiting = [[1, 2]]

    async def claim(most: int) -> list[int]:
        return waiting.pop()[:most] if waiting else []

    async def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError("poison")
        if number == 3:
            raise ConnectionRefusedError
        await asyncio.sleep(0)  # lets the other one break off first
        rescued.set()

    busy = asyncio.create_task(keep_busy(claim, work, 2))
    await asyncio.wait_for(rescued.wait(), 5)
    assert (begun, busy.done()) == ([1, 2], False)
    waiting.append([3])
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(busy, 5)


async def test_a_wrong_password_and_a_missing_server_are_told(office: Any, smtp: Any) -> None:
    """MAI-028: a refused log-in fails the letter; a server that is away is waited for."""
    box = await office.add_mailbox("sam", secret="wrong")
    letter = await office.write(await office.add_deal())
    await office.order(letter)
    await office.deliver_queue()
    failed = await office.read(letter)
    assert failed["state"] == "failed"
    assert "Authentication" in failed["error"]
    assert "wrong" not in failed["error"]
    async with office.service.client(office.admin) as client:
        away = {"host": "127.0.0.1", "port": 1, "security": "none"}
        await client.patch(f"/v1/mailboxes/{box['id']}", json={"smtp": away})
    await office.order(letter)
    await office.deliver_queue()
    assert (await office.read(letter))["state"] == "queued"
    assert smtp.taken == []


async def test_a_removed_mailbox_or_an_unreadable_secret_fails_the_letter(office: Any) -> None:
    """MAI-002, MAI-028: the author is told, and nothing hangs."""
    box = await office.add_mailbox("sam")
    letter = await office.write(await office.add_deal())
    await office.order(letter)
    database = office.service.database
    (claim,) = await sending.claim_due(database, 9)
    stranger = replace(office.access, key=b"?" * 32)
    await sending.deliver(database, claim, stranger)
    assert "cannot be read" in (await office.read(letter))["error"]
    await office.order(letter)
    async with office.service.client(office.admin) as client:
        await client.delete(f"/v1/mailboxes/{box['id']}")
    await office.deliver_queue()
    failed = await office.read(letter)
    assert (failed["state"], failed["error"]) == ("failed", "The mailbox was removed.")


async def test_after_48_hours_a_letter_is_given_up(office: Any, smtp: Any) -> None:
    """MAI-028."""
    letter = await _queued(office)
    smtp.rcpt["ann@buyer.example"] = "451 later"
    with clock.frozen(clock.now() + timedelta(hours=48)):
        await office.deliver_queue()
    failed = await office.read(letter)
    assert (failed["state"], failed["error"]) == ("failed", "later")
    (told,) = await office.service.said("mail.email.failed")
    assert told.data["recipient"] == "ann@buyer.example"


async def test_a_letter_is_claimed_by_one_sender_and_taken_over_when_that_one_died(
    office: Any, smtp: Any
) -> None:
    """C5: before the letter's bytes a death costs nothing, after them it leaves a question."""
    letter = await _queued(office)
    database = office.service.database
    both = await asyncio.gather(*(sending.claim_due(database, 10) for _ in range(5)))
    claims = [claim for found in both for claim in found]
    assert len(claims) == 1
    assert (await office.read(letter))["state"] == "sending"

    await _expire(office)
    (later,) = await sending.claim_due(database, 10)
    await sending.deliver(database, claims[0], office.access)  # the first one wakes up again
    assert smtp.taken == []
    assert (await office.read(letter))["state"] == "sending"
    async with database.engine.begin() as connection:
        await connection.execute(update(Outgoing).values(stage="data"))
    await _expire(office)
    assert await sending.claim_due(database, 10) == []
    assert (await office.read(letter))["state"] == "uncertain"
    await sending.deliver(database, later, office.access)
    assert (await office.read(letter))["state"] == "uncertain"


async def _expire(office: Any) -> None:
    async with office.service.database.engine.begin() as connection:
        past = datetime(2020, 1, 1, tzinfo=UTC)
        await connection.execute(update(Outgoing).values(lease_until=past))


async def test_fifty_clicks_with_one_key_send_one_letter(office: Any, smtp: Any) -> None:
    """GAT-004, MAI-029."""
    await office.add_mailbox("sam")
    draft = await office.write(await office.add_deal())
    async with office.service.client(office.seller) as client:
        path = f"/v1/messages/{draft['id']}/send"
        headers = {"Idempotency-Key": "click"}
        answers = await asyncio.gather(
            *(client.post(path, json={}, headers=headers) for _ in range(50))
        )
    assert {answer.status_code for answer in answers} == {202}
    await office.deliver_queue()
    assert len(smtp.taken) == 1


async def test_the_worker_sends_within_two_seconds_of_the_click(office: Any, smtp: Any) -> None:
    """MAI-028: the role `send` finds the letter by itself."""
    letter = await _queued(office)
    worker = create_worker(office.settings)
    assert set(worker.roles) == {"relay", "consumers", "sync", "send", "retention"}
    running = asyncio.create_task(worker.run(["send"]))
    async with asyncio.timeout(5):
        while (await office.read(letter))["state"] != "sent":
            await asyncio.sleep(0.05)  # between two looks
    running.cancel()
    await asyncio.wait({running})
    assert len(smtp.taken) == 1
    async with office.service.database.reading() as session:
        assert (await session.scalars(select(Outgoing))).all() == []
        assert await session.scalar(text("select count(*) from recipient")) == 1
