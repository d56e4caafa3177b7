"""The processes of a proof: `python -m rapport.prove.actors writer|relay|consumer|both`."""

import asyncio
import os
import random
import sys
from contextlib import suppress
from uuid import UUID

from sqlalchemy import select

from chassis import telemetry
from chassis.database import Database
from chassis.origin import by_system
from chassis.testing.ledger.books import Account, book_amount
from chassis.testing.ledger.mirror import new_mirror
from chassis.transport.direct import DirectTransport
from chassis.worker import Worker
from rapport.prove.settings import POISON_SHARE, ROLLBACK_SHARE, ProofSettings

WRITES_AT_ONCE = 8


class Regretted(Exception):
    """A writer rolls a finished transaction back."""


async def write(settings: ProofSettings) -> None:
    """Book random amounts until killed; some transactions are regretted at the very end."""
    telemetry.configure("ledger", settings)
    database = Database(settings.database_of("ledger"), "ledger", pool=WRITES_AT_ONCE)
    async with database.reading() as session:
        accounts = (await session.scalars(select(Account.id))).all()
    await asyncio.gather(*(_write_some(database, list(accounts)) for _ in range(WRITES_AT_ONCE)))


async def _write_some(database: Database, accounts: list[UUID]) -> None:
    chance = random.Random(os.urandom(8))  # noqa: S311 - amounts, not secrets
    while True:
        with suppress(Regretted):
            await _write_one(database, chance, chance.choice(accounts))


async def _write_one(database: Database, chance: random.Random, account: UUID) -> None:
    async with database.transaction(by_system("writer")) as session:
        poison = chance.random() < POISON_SHARE
        await book_amount(session, account, chance.randint(-1000, 1000), poison=poison)
        if chance.random() < ROLLBACK_SHARE:
            raise Regretted


async def relay(settings: ProofSettings) -> None:
    """Relay the ledger's events to the broker."""
    await Worker("ledger", settings, ()).run(["relay"])


async def consume(settings: ProofSettings) -> None:
    """Feed the mirror from the broker."""
    await Worker("mirror", settings, (new_mirror(),)).run(["consumers"])


async def relay_and_consume(settings: ProofSettings) -> None:
    """Do both in one process, with the direct transport between them."""
    direct = DirectTransport()
    ledger, mirror = Worker("ledger", settings, ()), Worker("mirror", settings, (new_mirror(),))
    mirror.attach(direct)
    async with asyncio.TaskGroup() as group:
        group.create_task(ledger.run(["relay"], direct=direct))
        group.create_task(mirror.run(["consumers"], direct=direct))


ROLES = {"writer": write, "relay": relay, "consumer": consume, "both": relay_and_consume}


if __name__ == "__main__":
    asyncio.run(ROLES[sys.argv[1]](ProofSettings()))
