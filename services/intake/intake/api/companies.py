"""Companies."""

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
from intake.api.callers import CompanyAdder, CompanyDeleter, CompanyEditor, CompanyReader
from intake.api.company_schemas import CompanyIn, CompanyOut, CompanyPatch
from intake.api.restoring import restore
from intake.commands import companies as commands
from intake.models import Company
from intake.queries.directory import get_row, lock_party, visible_companies
from intake.queries.search import equal_to, holding
from kernel.pages import Page

router = APIRouter(prefix="/companies", tags=["companies"], route_class=Route)
ORDER = Order({"name": Company.sort_key, "created_at": Company.created_at}, "name", Company.id)


async def answer_company(
    session: AsyncSession, company_id: UUID, caller: Caller, response: Response
) -> CompanyOut:
    """Answer one company with its version as ETag."""
    await session.flush()
    row = await get_row(session, visible_companies(caller), company_id)
    tag(response, row[0].version)
    return answer(CompanyOut, row)


@router.post("", status_code=201)
async def add_company(
    body: CompanyIn, response: Response, session: WriteSession, caller: CompanyAdder
) -> CompanyOut:
    """Add a company."""
    company = await commands.create_company(session, caller, body.given())
    response.headers["Location"] = f"/v1/companies/{company.id}"
    return await answer_company(session, company.id, caller, response)


@router.get("")
async def list_companies(
    *,
    session: ReadSession,
    caller: CompanyReader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=200)] = None,
    owner_id: UUID | None = None,
    active: Annotated[bool | None, Query()] = None,
    deleted: Deleted = False,
) -> Page[CompanyOut]:
    """List companies by name."""
    if deleted:
        caller.require_everywhere("intake.company.delete")
    wanted = {Company.owner_id: owner_id, Company.active: active}
    query = visible_companies(caller, deleted=deleted).where(*equal_to(wanted))
    if q is not None:
        query = query.where(holding(Company, q))
    return await answer_page(session, query, ORDER, paging, partial(answer, CompanyOut))


@router.get("/{company_id}")
async def read_company(
    company_id: UUID, response: Response, session: ReadSession, caller: CompanyReader
) -> CompanyOut:
    """Answer a company."""
    return await answer_company(session, company_id, caller, response)


@router.patch("/{company_id}")
async def change_company(
    *,
    company_id: UUID,
    body: CompanyPatch,
    response: Response,
    session: WriteSession,
    caller: CompanyEditor,
    if_match: IfMatch,
) -> CompanyOut:
    """Change fields of a company."""
    company = await lock_party(session, Company, company_id, caller)
    expect_version(company.version, if_match)
    await commands.edit_company(session, company, caller, body.given())
    return await answer_company(session, company_id, caller, response)


@router.delete("/{company_id}", status_code=204)
async def delete_company(
    company_id: UUID, session: WriteSession, caller: CompanyDeleter, if_match: IfMatch
) -> Response:
    """Remove a company nothing refers to."""
    company = await lock_party(session, Company, company_id, caller)
    expect_version(company.version, if_match)
    await commands.delete_company(session, company, caller)
    return Response(status_code=204)


@router.post("/{company_id}/restore")
async def restore_company(
    company_id: UUID,
    response: Response,
    session: WriteSession,
    caller: CompanyDeleter,
    if_match: IfMatch,
) -> CompanyOut:
    """Bring a deleted company back; for those who may delete any."""
    await restore(session, Company, company_id, caller, if_match)
    return await answer_company(session, company_id, caller, response)


@router.get("/{company_id}/timeline")
async def read_timeline(
    company_id: UUID, session: ReadSession, caller: CompanyReader, asked: Stretch
) -> Page[Entry]:
    """Answer the history of a company, newest first."""
    await get_row(session, visible_companies(caller), company_id)
    return await timeline_page(session, "company", company_id, asked)
