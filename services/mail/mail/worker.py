"""Mail's worker: it hears events, reads mailboxes (`sync`) and sends letters (`send`)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import structlog

from chassis.database import Database
from chassis.faults import database_is_away
from chassis.removal import retention
from chassis.worker import Schedule, Worker
from mail.clients.parser import Parser
from mail.clients.server import trusting
from mail.commands import sending, syncing
from mail.commands.access import Access
from mail.commands.secret_key import secret_key
from mail.consumers import SUBSCRIPTION
from mail.queries.removables import REMOVABLES
from mail.settings import Settings

Claim = TypeVar("Claim")

POLL_SECONDS: Final = 0.5

log = structlog.get_logger()


def create_worker(settings: Settings) -> Worker:
    """Make the worker of mail."""

    async def access_to_servers(database: Database) -> Access:
        key = await secret_key(database, settings.mail_secret_key)
        return Access(key, trusting(settings.mail_ca_file))

    async def sync(database: Database) -> None:
        access = await access_to_servers(database)
        parser = Parser()

        async def claim(most: int) -> Sequence[syncing.Lease]:
            return await syncing.claim_due(database, most)

        async def read(lease: syncing.Lease) -> None:
            await syncing.read_mailbox(database, lease, parser, access, settings.mail_sync_seconds)

        try:
            await keep_busy(claim, read, settings.mail_sync_slots)
        finally:
            await parser.close()

    async def send(database: Database) -> None:
        access = await access_to_servers(database)

        async def claim(most: int) -> Sequence[sending.Claim]:
            return await sending.claim_due(database, most)

        async def deliver(claimed: sending.Claim) -> None:
            await sending.deliver(database, claimed, access)

        await keep_busy(claim, deliver, settings.mail_send_slots)

    schedules = (
        Schedule("sync", POLL_SECONDS, sync),
        Schedule("send", POLL_SECONDS, send),
        retention(REMOVABLES, settings.retention_days),
    )
    return Worker("mail", settings, subscriptions=(SUBSCRIPTION,), schedules=schedules)


async def keep_busy(
    claim: Callable[[int], Awaitable[Sequence[Claim]]],
    work: Callable[[Claim], Awaitable[None]],
    slots: int,
) -> None:
    """Work on whatever can be claimed, for ever, at most `slots` at a time; slow ones delay nobody.

    What breaks is logged and comes again when its lease ends; it must not break off the rest, least
    of all letters under way. Only without the database all work ends; the supervisor starts anew.
    """
    async with asyncio.TaskGroup() as tasks:
        running: set[asyncio.Task[None]] = set()

        async def one(claimed: Claim) -> None:
            try:
                await work(claimed)
            except Exception as error:
                if database_is_away(error):
                    raise
                log.exception("work.broken", claimed=claimed)

        while True:
            for claimed in await claim(slots - len(running)):
                task = tasks.create_task(one(claimed))
                running.add(task)
                task.add_done_callback(running.discard)
            await asyncio.sleep(POLL_SECONDS)  # the schedule itself
