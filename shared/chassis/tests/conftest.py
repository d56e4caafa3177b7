"""The HTTP edge of the sample service, the ledger."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI, Response
from pydantic import Field
from sqlalchemy import select

from chassis import audit
from chassis.auth import Caller, may
from chassis.http.app import build_app
from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.schemas import Input, Output, Whole
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from chassis.settings import ChassisSettings
from chassis.testing.ledger.books import MIGRATIONS, Account, book_amount
from chassis.testing.ledger.books import open_account as open_account_named
from chassis.testing.plugin import NewDatabase
from chassis.testing.service import ServiceUnderTest, under_test
from chassis.tokens import Verifier
from kernel.errors import Invalid, NotFound
from kernel.pages import Page
from kernel.text import Line


class AccountIn(Input):
    name: Annotated[str, Line(50)]
    balance: Annotated[Whole, Field(ge=0, le=2**31)] = 0


class AccountOut(Output):
    id: UUID
    version: int
    name: str
    balance: int


router = APIRouter(prefix="/accounts", tags=["accounts"], route_class=Route)
ORDER = Order({"name": Account.name, "note": Account.note, "id": Account.id}, "name", Account.id)
Reader = Annotated[Caller, Depends(may("ledger.account.view"))]
Writer = Annotated[Caller, Depends(may("ledger.account.add"))]


@router.post("", status_code=201)
async def open_account(
    body: AccountIn, response: Response, session: WriteSession, caller: Writer
) -> AccountOut:
    account = await open_account_named(session, body.name, body.balance)
    audit.record(session, "account", account.id, "opened", {"name": (None, body.name)})
    if body.name == "refused":
        raise Invalid("refused after the event was said")
    if body.name == "broken":
        raise RuntimeError("broken on purpose")
    response.headers["Location"] = f"/v1/accounts/{account.id}"
    return AccountOut.model_validate(account)


@router.post("/{account_id}/book")
async def book(
    account_id: UUID, amount: int, session: WriteSession, caller: Writer, if_match: IfMatch
) -> AccountOut:
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound
    expect_version(account.version, if_match)
    return AccountOut.model_validate(await book_amount(session, account_id, amount))


@router.get("")
async def list_accounts(
    session: ReadSession, caller: Reader, paging: Paging, name: str | None = None
) -> Page[AccountOut]:
    query = select(Account)
    if name:
        query = query.where(Account.name == name)
    page = await fetch_page(session, query, ORDER, paging)
    items = [AccountOut.model_validate(row) for row in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/{account_id}")
async def read_account(
    account_id: UUID, response: Response, session: ReadSession, caller: Reader
) -> AccountOut:
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound
    tag(response, account.version)
    return AccountOut.model_validate(account)


@router.get("/{account_id}/timeline")
async def read_timeline(
    account_id: UUID, session: ReadSession, caller: Reader, asked: Stretch
) -> Page[Entry]:
    return await timeline_page(session, "account", account_id, asked)


def create_app(settings: ChassisSettings, *, verifier: Verifier | None = None) -> FastAPI:
    return build_app("ledger", settings, [router], description="A sample.", verifier=verifier)


@pytest_asyncio.fixture(loop_scope="session")
async def ledger(new_database: NewDatabase) -> AsyncIterator[ServiceUnderTest]:
    """Run the sample service on a database of its own."""
    settings = ChassisSettings(database_url=await new_database("ledger", MIGRATIONS))
    async with under_test("ledger", create_app, settings) as service:
        yield service
