"""Makes the deals that intake asked for, under the ids it chose (DEA-023, DEA-024)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.intake import DealRequested, LeadConverted, LeadPromoted
from deals.commands.deals import open_deal
from deals.commands.edits import set_fields
from deals.commands.outputs import add_product_line
from deals.models import Deal, Product, Stage
from deals.queries.placing import find_default_pipeline, find_first_stage, find_pipeline, find_stage
from deals.queries.preferences import get_preferences
from deals.queries.references import currency_of_department, departments_of
from kernel.money import Money

log = structlog.get_logger()

PARTIES = ("customer_id", "company_id", "contact_id")


class NoPipelineError(LookupError):
    """There is no pipeline with an open stage; the event is tried again later."""


async def open_requested_deal(session: AsyncSession, asked: DealRequested) -> None:
    """Make the deal of a request, with one line per product."""
    links = _given(
        asked,
        "crm_ref ticket name description owner_id co_owner_id department_id company_id contact_id"
        " lead_id request_id source_id country city",
    )
    deal = await _bear(
        session, asked.deal_id, links, asked.amount, (asked.pipeline_id, asked.stage_id)
    )
    if deal is None:
        return
    for product_id in asked.product_ids:
        product = await session.get(Product, product_id)
        if product is None:
            log.warning("deal.product_unknown", deal=str(deal.id), product=str(product_id))
        else:
            add_product_line(session, deal, product)


async def open_promoted_deal(session: AsyncSession, lead: LeadPromoted) -> None:
    """Make the deal of a lead that became an opportunity."""
    links = _given(
        lead, "lead_id crm_ref name expected_close owner_id team_id source_id company_id contact_id"
    )
    await _bear(session, lead.deal_id, links, lead.amount, (lead.pipeline_id, lead.stage_id))


async def open_converted_deal(session: AsyncSession, lead: LeadConverted) -> None:
    """Make the deal of a converted lead, if one was asked for, and link all of its deals."""
    if lead.deal:
        links = _given(
            lead, "lead_id crm_ref customer_id owner_id source_id company_id contact_id"
        ) | _given(lead.deal, "name expected_close")
        place = (lead.deal.pipeline_id, lead.deal.stage_id)
        await _bear(session, lead.deal.deal_id, links, lead.deal.amount, place)
    await link_client(session, lead.linked_deal_ids, _given(lead, " ".join(PARTIES)))


async def link_client(
    session: AsyncSession, deal_ids: Sequence[UUID], client: Mapping[str, Any]
) -> None:
    """Give deals their customer, and company and contact where they have none."""
    query = select(Deal).where(Deal.id.in_(deal_ids)).order_by(Deal.id).with_for_update()
    for deal in await session.scalars(query):
        missing = {
            name: value
            for name, value in client.items()
            if value is not None and (name == "customer_id" or getattr(deal, name) is None)
        }
        await set_fields(session, deal, missing)


async def _bear(
    session: AsyncSession,
    deal_id: UUID,
    links: dict[str, Any],
    amount: Money | None,
    place: tuple[UUID | None, UUID | None],
) -> Deal | None:
    """Make a deal, unless it is there already."""
    if await session.scalar(select(Deal.id).where(Deal.id == deal_id)):
        return None
    department_id = links.get("department_id")
    if department_id is None:
        departments = await departments_of(session, links.get("owner_id"))
        department_id = departments[0] if departments else None
    stage = await _place(session, deal_id, place, department_id)
    currency = amount.currency if amount else await currency_of_department(session, department_id)
    draft = {
        **links,
        "id": deal_id,
        "department_id": department_id,
        "amount": amount.amount if amount else Decimal(0),
        "currency": currency,
    }
    return await open_deal(session, stage, draft, place="rule")


async def _place(
    session: AsyncSession,
    deal_id: UUID,
    place: tuple[UUID | None, UUID | None],
    department_id: UUID | None,
) -> Stage:
    """Answer the stage asked for; one closed meanwhile is replaced, never refused."""
    pipeline_id, stage_id = place
    pipeline = await find_pipeline(session, pipeline_id) if pipeline_id else None
    stage = None
    if pipeline is not None and stage_id:
        stage = await find_stage(session, pipeline.id, stage_id)
        stage = None if stage is None or stage.is_won or stage.is_lost else stage
    if stage is None and (pipeline_id or stage_id):
        log.warning("deal.stage_replaced", deal=str(deal_id), stage=str(stage_id))
    if stage is None and pipeline is not None:
        stage = await find_first_stage(session, pipeline.id)
    if stage is None:
        stage = await _default_stage(session, department_id)
    return stage


async def _default_stage(session: AsyncSession, department_id: UUID | None) -> Stage:
    preferred = (await get_preferences(session)).default_pipeline
    pipeline = await find_default_pipeline(session, preferred, department_id)
    stage = await find_first_stage(session, pipeline.id) if pipeline else None
    if stage is None:
        raise NoPipelineError("there is no default pipeline with an open stage")
    return stage


def _given(event: Any, names: str) -> dict[str, Any]:
    return {name: getattr(event, name) for name in names.split()}
