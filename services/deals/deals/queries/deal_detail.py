"""Everything the page of one deal shows: the deal, those it names, its stages (DEA-029 to 033)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, cast, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from chassis.auth import Caller
from deals.models import (
    ClosingReason,
    Company,
    Contact,
    Customer,
    Deal,
    Department,
    Lead,
    Pipeline,
    Request,
    Stage,
    StageEntry,
    Team,
    User,
)
from deals.queries.deals import seen_by
from kernel.errors import NotFound

Partner = aliased(Contact, name="Partner")
CoOwner = aliased(User)
Creator = aliased(User)
Editor = aliased(User)
Sibling = aliased(Stage)


def _order(stage: Any) -> Any:
    return tuple_(stage.position, stage.id)


def _place(condition: Any) -> Any:
    """Count the active stages of the deal's pipeline for which a condition holds."""
    return (
        select(func.count())
        .select_from(Sibling)
        .where(
            Sibling.pipeline_id == Deal.pipeline_id,
            Sibling.deleted_at.is_(None),
            Sibling.is_active,
            condition,
        )
        .scalar_subquery()
    )


DETAIL = (
    select(
        Deal,
        Pipeline.name.label("pipeline_name"),
        Stage.name.label("stage_name"),
        Stage.colour.label("stage_colour"),
        _place(_order(Sibling) <= _order(Stage)).label("stage_place"),
        _place(true()).label("stages_in_all"),
        ClosingReason.name.label("reason_name"),
        Company,
        Contact,
        Customer,
        Partner,
        Lead,
        Request,
        User.name.label("owner_name"),
        CoOwner.name.label("co_owner_name"),
        Creator.name.label("creator_name"),
        Editor.name.label("editor_name"),
        Team.name.label("team_name"),
        Department.name.label("department_name"),
    )
    .join(Pipeline, Pipeline.id == Deal.pipeline_id)
    .join(Stage, Stage.id == Deal.stage_id)
    .outerjoin(ClosingReason, ClosingReason.id == Deal.reason_id)
    .outerjoin(Company, Company.id == Deal.company_id)
    .outerjoin(Contact, Contact.id == Deal.contact_id)
    .outerjoin(Customer, Customer.id == Deal.customer_id)
    .outerjoin(Partner, Partner.id == Deal.partner_id)
    .outerjoin(Lead, Lead.id == Deal.lead_id)
    .outerjoin(Request, Request.id == Deal.request_id)
    .outerjoin(User, User.id == Deal.owner_id)
    .outerjoin(CoOwner, CoOwner.id == Deal.co_owner_id)
    .outerjoin(Creator, cast(Creator.id, Text) == Deal.created_by)
    .outerjoin(Editor, cast(Editor.id, Text) == Deal.updated_by)
    .outerjoin(Team, Team.id == Deal.team_id)
    .outerjoin(Department, Department.id == Deal.department_id)
)


async def get_detail(session: AsyncSession, deal_id: UUID, caller: Caller) -> Row[Any]:
    """Answer a visible deal with the names of everything it points to, or raise NotFound."""
    query = DETAIL.where(Deal.id == deal_id, seen_by(caller))
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def find_detail(session: AsyncSession, deal_id: UUID) -> Row[Any]:
    """Answer the same of a deal that the session has just changed."""
    return (await session.execute(DETAIL.where(Deal.id == deal_id))).one()


async def list_stage_entries(session: AsyncSession, deal_id: UUID) -> Sequence[Any]:
    """Answer the stages a deal entered, oldest first (DEA-072)."""
    query = (
        select(
            StageEntry.stage_id,
            Stage.name.label("stage_name"),
            StageEntry.entered_at,
            StageEntry.author,
            User.name.label("author_name"),
            StageEntry.way,
            StageEntry.days_in_previous,
        )
        .join(Stage, Stage.id == StageEntry.stage_id)
        .outerjoin(User, cast(User.id, Text) == StageEntry.author)
        .where(StageEntry.deal_id == deal_id)
        .order_by(StageEntry.entered_at, StageEntry.id)
    )
    return (await session.execute(query)).all()
