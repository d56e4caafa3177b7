"""Mail under test, with a sales manager, a deal to write about, and both mail servers."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import pytest_asyncio
from services.mail.tests.factories import contact_created, deal_created, request_received
from sqlalchemy import func, select, update

import mail.migrations
from chassis.database import Table
from chassis.testing.plugin import NewDatabase
from chassis.testing.service import Actor, ServiceUnderTest, acting_as, under_test
from contracts.deals import DealCreated
from contracts.gateway import UserCreated
from contracts.intake import RequestReceived
from kernel import clock
from kernel.ids import uuid7
from mail.app import create_app
from mail.clients.parser import Parser
from mail.clients.server import trusting
from mail.commands import sending, syncing
from mail.commands.access import Access
from mail.consumers import SUBSCRIPTION
from mail.models import Mailbox, Outgoing
from mail.settings import Settings

KEY: Final = "k" * 40
MIGRATIONS: Final = Path(mail.migrations.__path__[0])


@dataclass
class Office:
    """Mail under test, with a sales manager and the mail servers of the company."""

    service: ServiceUnderTest
    settings: Settings
    seller: Actor
    admin: Actor
    department_id: UUID
    smtp_port: int
    imap_port: int
    password: str
    parser: Parser
    access: Access

    async def add_user(self, actor: Actor, department_id: UUID) -> None:
        event = UserCreated(
            user_id=actor.user_id,
            name="Sam Seller",
            email="sam@example.com",
            roles=("sales_manager",),
            department_ids=(department_id,),
            team_ids=(),
            time_zone="UTC",
            language="en",
            active=True,
        )
        await self.service.hear(SUBSCRIPTION, event, service="gateway")

    async def add_deal(self, name: str = "Twelve pumps", **fields: Any) -> DealCreated:
        """Let mail hear of a deal of the seller with a contact."""
        contact = contact_created()
        values = {"department_id": self.department_id, "contact_id": contact.contact_id}
        deal = deal_created(self.seller.user_id, name=name, **{**values, **fields})
        await self.service.hear(SUBSCRIPTION, contact, service="intake")
        await self.service.hear(SUBSCRIPTION, deal, service="deals")
        return deal

    async def add_request(self, **fields: Any) -> RequestReceived:
        """Let mail hear of a request of the seller."""
        request = request_received(self.seller.user_id, **fields)
        await self.service.hear(SUBSCRIPTION, request, service="intake")
        return request

    def mailbox_body(self, login: str, **fields: Any) -> dict[str, Any]:
        server = {"host": "127.0.0.1", "security": "none"}
        return {
            "name": "Sam Seller",
            "address": f"{login}@example.com",
            "owner_id": str(self.seller.user_id),
            "smtp": {**server, "port": self.smtp_port},
            "imap": {**server, "port": self.imap_port},
            "user": login,
            "secret": self.password,
            "main": True,
            "sync": True,
            **fields,
        }

    async def add_mailbox(self, login: str, **fields: Any) -> dict[str, Any]:
        """Add a mailbox of the seller."""
        async with self.service.client(self.admin) as client:
            answer = await client.post("/v1/mailboxes", json=self.mailbox_body(login, **fields))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def write(self, deal: DealCreated, **fields: Any) -> dict[str, Any]:
        """Write a letter from a deal."""
        body = {"record": {"kind": "deal", "id": str(deal.deal_id)}, "text": "Hello Ann", **fields}
        async with self.service.client(self.seller) as client:
            answer = await client.post("/v1/messages", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def order(self, letter: dict[str, Any], **body: Any) -> Any:
        async with self.service.client(self.seller) as client:
            return await client.post(f"/v1/messages/{letter['id']}/send", json=body)

    async def read(self, letter: dict[str, Any]) -> dict[str, Any]:
        async with self.service.client(self.seller) as client:
            answer = await client.get(f"/v1/messages/{letter['id']}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def count(self, table: type[Table]) -> int:
        """Count the rows of a table."""
        async with self.service.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0

    async def letters_of(self, deal: DealCreated) -> list[dict[str, Any]]:
        return await self.letters_on("deal", deal.deal_id)

    async def letters_on(self, kind: str, record_id: UUID) -> list[dict[str, Any]]:
        async with self.service.client(self.seller) as client:
            answer = await client.get(f"/v1/records/{kind}/{record_id}/letters?limit=100")
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def deliver_queue(self) -> int:
        """Try every letter whose time has come, once."""
        claims = await sending.claim_due(self.service.database, 100)
        for claim in claims:
            await sending.deliver(self.service.database, claim, self.access)
        return len(claims)

    async def hurry(self) -> None:
        """Let the time of every waiting letter come."""
        async with self.service.database.engine.begin() as connection:
            past = datetime(2020, 1, 1, tzinfo=UTC)
            await connection.execute(update(Outgoing).values(next_at=past))

    async def sync(self) -> None:
        """Let every mailbox be due, and read it."""
        async with self.service.database.engine.begin() as connection:
            past = datetime(2020, 1, 1, tzinfo=UTC)
            await connection.execute(update(Mailbox).values(next_due=past))
        for lease in await syncing.claim_due(self.service.database, 100):
            await self.sync_one(lease)

    async def sync_one(self, lease: syncing.Lease) -> None:
        await syncing.read_mailbox(self.service.database, lease, self.parser, self.access, 120)


def letter(subject: str, text: str = "Hi", **headers: str) -> bytes:
    """Write a letter as a client would."""
    message = EmailMessage()
    message["Message-ID"] = headers.pop("message_id", make_msgid(domain="buyer.example"))
    message["Date"] = headers.pop("date", format_datetime(clock.now() + timedelta(minutes=1)))
    message["From"] = headers.pop("sender", "Ann Buyer <ann@buyer.example>")
    message["To"] = headers.pop("to", "sam@example.com")
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")


@pytest.fixture(scope="session")
def write_raw() -> Callable[..., bytes]:
    return letter


@pytest_asyncio.fixture(loop_scope="session")
async def office(
    new_database: NewDatabase, smtp: Any, dovecot: Any, authority: Any
) -> AsyncIterator[Office]:
    """Run mail on a database of its own, with one sales manager."""
    settings = Settings(
        database_url=await new_database("mail", MIGRATIONS),
        mail_secret_key=KEY,
        mail_ca_file=authority.ca,
    )
    department_id = uuid7()
    parser = Parser()
    async with under_test("mail", create_app, settings) as service:
        made = Office(
            service,
            settings,
            seller=acting_as("mail", "sales_manager", departments=(department_id,)),
            admin=acting_as("mail", "administrator"),
            department_id=department_id,
            smtp_port=smtp.port,
            imap_port=dovecot.port,
            password=smtp.password,
            parser=parser,
            access=Access(service.app.state.mailbox_key, trusting(authority.ca)),
        )
        await made.add_user(made.seller, department_id)
        yield made
        await parser.close()
