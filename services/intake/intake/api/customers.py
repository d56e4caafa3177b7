"""Customers."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.paging import Order, Paging
from chassis.http.removal import Deleted
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, expect_version, tag
from intake.api.answers import answer, answer_page
from intake.api.callers import (
    CustomerAdder,
    CustomerBlacklister,
    CustomerDeleter,
    CustomerEditor,
    CustomerReader,
)
from intake.api.customer_schemas import Blacklisting, CustomerIn, CustomerOut, CustomerPatch, Status
from intake.api.records_to_change import CustomerToChange
from intake.api.restoring import restore
from intake.commands import customers as commands
from intake.models import Customer
from intake.queries.directory import get_row, lock_party, visible_customers
from intake.queries.search import equal_to, holding
from kernel.pages import Page

router = APIRouter(prefix="/customers", tags=["customers"], route_class=Route)
ORDER = Order({"name": Customer.sort_key, "created_at": Customer.created_at}, "name", Customer.id)


async def answer_customer(
    session: AsyncSession, customer_id: UUID, caller: Caller, response: Response
) -> CustomerOut:
    """Answer one customer with its version as ETag."""
    await session.flush()
    row = await get_row(session, visible_customers(caller), customer_id)
    tag(response, row[0].version)
    return answer(CustomerOut, row)


@router.post("", status_code=201)
async def add_customer(
    body: CustomerIn, response: Response, session: WriteSession, caller: CustomerAdder
) -> CustomerOut:
    """Add a customer."""
    customer = await commands.create_customer(session, caller, body.columns())
    response.headers["Location"] = f"/v1/customers/{customer.id}"
    return await answer_customer(session, customer.id, caller, response)


@router.get("")
async def list_customers(
    *,
    session: ReadSession,
    caller: CustomerReader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=200)] = None,
    owner_id: UUID | None = None,
    company_id: UUID | None = None,
    status: Status | None = None,
    deleted: Deleted = False,
) -> Page[CustomerOut]:
    """List customers by name."""
    if deleted:
        caller.require_everywhere("intake.customer.delete")
    wanted = {
        Customer.owner_id: owner_id,
        Customer.company_id: company_id,
        Customer.status: status,
    }
    query = visible_customers(caller, deleted=deleted).where(*equal_to(wanted))
    if q is not None:
        query = query.where(holding(Customer, q))
    return await answer_page(session, query, ORDER, paging, partial(answer, CustomerOut))


@router.get("/{customer_id}")
async def read_customer(
    customer_id: UUID, response: Response, session: ReadSession, caller: CustomerReader
) -> CustomerOut:
    """Answer a customer."""
    return await answer_customer(session, customer_id, caller, response)


@router.patch("/{customer_id}")
async def change_customer(
    *,
    customer_id: UUID,
    body: CustomerPatch,
    response: Response,
    session: WriteSession,
    caller: CustomerEditor,
    if_match: IfMatch,
) -> CustomerOut:
    """Change fields of a customer."""
    await commands.lock_address(session, body.email)
    customer = await lock_party(session, Customer, customer_id, caller)
    expect_version(customer.version, if_match)
    await commands.edit_customer(session, customer, caller, body.columns())
    return await answer_customer(session, customer_id, caller, response)


@router.delete("/{customer_id}", status_code=204)  # noqa: FAST003 - taken by CustomerToChange
async def delete_customer(
    session: WriteSession, caller: CustomerDeleter, customer: CustomerToChange
) -> Response:
    """Remove a customer; its company and contact stay."""
    await commands.delete_customer(session, customer, caller)
    return Response(status_code=204)


@router.post("/{customer_id}/blacklist")  # noqa: FAST003 - taken by CustomerToChange
async def blacklist(
    body: Blacklisting,
    response: Response,
    session: WriteSession,
    caller: CustomerBlacklister,
    customer: CustomerToChange,
) -> CustomerOut:
    """Put a customer on the black list."""
    await commands.blacklist_customer(session, customer, caller, body.reason)
    return await answer_customer(session, customer.id, caller, response)


@router.delete("/{customer_id}/blacklist")  # noqa: FAST003 - taken by CustomerToChange
async def take_off_blacklist(
    response: Response,
    session: WriteSession,
    caller: CustomerBlacklister,
    customer: CustomerToChange,
) -> CustomerOut:
    """Take a customer off the black list."""
    await commands.blacklist_customer(session, customer, caller, None)
    return await answer_customer(session, customer.id, caller, response)


@router.post("/{customer_id}/restore")
async def restore_customer(
    customer_id: UUID,
    response: Response,
    session: WriteSession,
    caller: CustomerDeleter,
    if_match: IfMatch,
) -> CustomerOut:
    """Bring a deleted customer back; for those who may delete any."""
    await restore(session, Customer, customer_id, caller, if_match)
    return await answer_customer(session, customer_id, caller, response)


@router.get("/{customer_id}/timeline")
async def read_timeline(
    customer_id: UUID, session: ReadSession, caller: CustomerReader, asked: Stretch
) -> Page[Entry]:
    """Answer the history of a customer, newest first."""
    await get_row(session, visible_customers(caller), customer_id)
    return await timeline_page(session, "customer", customer_id, asked)
