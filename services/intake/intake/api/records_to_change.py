"""The record an endpoint changes: visible, locked, and at the expected version (GAT-003).

    async def confirm_links(caller: RequestEditor, request: RequestToChange, ...)

The caller comes first, for who lacks the right learns nothing of the record. What is locked after
something its body names is locked by the endpoint itself.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from chassis.auth import Authenticated
from chassis.http.unit import IfMatch, WriteSession, expect_version
from intake.commands.relinking import lock_with_writer
from intake.models import Customer, Request
from intake.queries.directory import lock_party
from intake.queries.requests import lock_request


async def _request(
    request_id: UUID, session: WriteSession, caller: Authenticated, if_match: IfMatch
) -> Request:
    request = await lock_request(session, request_id, caller)
    expect_version(request.version, if_match)
    return request


async def _request_with_writer(
    request_id: UUID, session: WriteSession, caller: Authenticated, if_match: IfMatch
) -> Request:
    request = await lock_with_writer(session, request_id, caller)
    expect_version(request.version, if_match)
    return request


async def _customer(
    customer_id: UUID, session: WriteSession, caller: Authenticated, if_match: IfMatch
) -> Customer:
    customer = await lock_party(session, Customer, customer_id, caller)
    expect_version(customer.version, if_match)
    return customer


RequestToChange = Annotated[Request, Depends(_request)]
RequestToMatch = Annotated[Request, Depends(_request_with_writer)]
"""A request whose writer may be looked for again."""
CustomerToChange = Annotated[Customer, Depends(_customer)]
