"""What intake hears: users, departments and teams; pipelines, stages, products, deals; letters."""

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.replicas import keep
from chassis.subscriptions import Heard, Subscription
from contracts.deals import (
    DealCreated,
    DealDeleted,
    DealLost,
    DealReopened,
    DealRestored,
    DealWon,
    PipelineDefined,
    ProductDefined,
    StageDefined,
)
from contracts.gateway import (
    DepartmentChanged,
    TeamChanged,
    UserChanged,
    UserCreated,
    UserDeactivated,
)
from contracts.mail import EmailLinked, EmailSent
from intake.commands.department_copies import copy_dictionaries
from intake.commands.known_deals import keep_deal
from intake.commands.last_contact import note_contact
from intake.commands.won_deals import lose_lead, reopen_lead, settle_won_deal
from intake.models import (
    DealReplica,
    DepartmentReplica,
    PipelineReplica,
    ProductReplica,
    StageReplica,
    TeamReplica,
    UserReplica,
)

SUBSCRIPTION = Subscription(
    "intake",
    "events",
    replicas=(
        UserReplica,
        DepartmentReplica,
        TeamReplica,
        PipelineReplica,
        StageReplica,
        ProductReplica,
        DealReplica,
    ),
)


@SUBSCRIPTION.keeps(UserCreated, UserChanged, UserDeactivated)
async def know_user(
    session: AsyncSession, heard: Heard[UserCreated | UserChanged | UserDeactivated]
) -> None:
    """A user can own records as long as the account is active."""
    user = heard.event
    await keep(
        session,
        heard,
        UserReplica,
        {
            "name": user.name,
            "email": user.email,
            "active": user.active,
            "department_ids": list(user.department_ids),
            "team_ids": list(user.team_ids),
        },
    )


@SUBSCRIPTION.keeps(DepartmentChanged, TeamChanged)
async def know_group(session: AsyncSession, heard: Heard[DepartmentChanged | TeamChanged]) -> None:
    """Records are given to active departments and teams."""
    is_team = isinstance(heard.event, TeamChanged)
    await keep(
        session,
        heard,
        TeamReplica if is_team else DepartmentReplica,
        {
            "name": heard.event.name,
            "active": heard.event.active,
        },
    )


@SUBSCRIPTION.on(DepartmentChanged)
async def copy_department(session: AsyncSession, heard: Heard[DepartmentChanged]) -> None:
    """A copied department gets the dictionaries of its original."""
    if heard.event.copied_from:
        await copy_dictionaries(session, heard.event.copied_from, heard.event.id)


@SUBSCRIPTION.keeps(PipelineDefined, ProductDefined)
async def know_entry(session: AsyncSession, heard: Heard[PipelineDefined | ProductDefined]) -> None:
    """Requests name products, conversions name pipelines."""
    entry = heard.event
    await keep(
        session,
        heard,
        PipelineReplica if isinstance(entry, PipelineDefined) else ProductReplica,
        {
            "name": entry.name,
            "active": entry.active and not entry.deleted,
        },
    )


@SUBSCRIPTION.keeps(StageDefined)
async def know_stage(session: AsyncSession, heard: Heard[StageDefined]) -> None:
    """A new deal starts in the default stage of its pipeline."""
    stage = heard.event
    await keep(
        session,
        heard,
        StageReplica,
        {
            "name": stage.name,
            "pipeline_id": stage.pipeline_id,
            "position": stage.position or 0,
            "is_default": bool(stage.flags.get("default")),
            "active": stage.active and not stage.deleted,
        },
    )


@SUBSCRIPTION.keeps(DealCreated)
async def know_deal(session: AsyncSession, heard: Heard[DealCreated]) -> None:
    """A lead or request shows the deals made from it; others are none of our business."""
    deal = heard.event
    if not (deal.lead_id or deal.request_id):
        return
    made_from = {
        "lead_id": deal.lead_id,
        "request_id": deal.request_id,
        "name": deal.name,
        "amount": deal.amount.amount,
        "currency": deal.amount.currency,
    }
    version = heard.envelope.aggregateversion
    await keep_deal(session, deal.deal_id, version, made_from=made_from, status=deal.status)


@SUBSCRIPTION.keeps(DealWon, DealLost)
async def know_end(session: AsyncSession, heard: Heard[DealWon | DealLost]) -> None:
    """A lead or request shows how its deals ended."""
    ended = heard.event
    made_from = {"lead_id": ended.lead_id} if ended.lead_id else {}
    status = "won" if isinstance(ended, DealWon) else "lost"
    version = heard.envelope.aggregateversion
    await keep_deal(session, ended.deal_id, version, made_from=made_from, status=status)


@SUBSCRIPTION.keeps(DealReopened)
async def know_reopening(session: AsyncSession, heard: Heard[DealReopened]) -> None:
    """A reopened deal is open."""
    version = heard.envelope.aggregateversion
    await keep_deal(session, heard.event.deal_id, version, made_from={}, status="open")


@SUBSCRIPTION.keeps(DealDeleted, DealRestored)
async def know_removal(session: AsyncSession, heard: Heard[DealDeleted | DealRestored]) -> None:
    """A removed deal no longer shows at its lead."""
    await keep_deal(
        session,
        heard.event.deal_id,
        heard.envelope.aggregateversion,
        made_from={},
        deleted=isinstance(heard.event, DealDeleted),
    )


@SUBSCRIPTION.on(DealWon)
async def take_win(session: AsyncSession, heard: Heard[DealWon]) -> None:
    """A won deal makes a customer (INT-131)."""
    deal = await session.get_one(DealReplica, heard.event.deal_id)
    if deal.status == "won":
        await settle_won_deal(session, heard.event)


@SUBSCRIPTION.on(DealLost)
async def take_loss(session: AsyncSession, heard: Heard[DealLost]) -> None:
    """A lost deal may lose its lead."""
    deal = await session.get_one(DealReplica, heard.event.deal_id)
    if deal.status == "lost":
        await lose_lead(session, deal)


@SUBSCRIPTION.on(DealReopened)
async def take_reopening(session: AsyncSession, heard: Heard[DealReopened]) -> None:
    """A reopened deal gives its lead another chance."""
    deal = await session.get_one(DealReplica, heard.event.deal_id)
    if deal.status == "open":
        await reopen_lead(session, deal)


@SUBSCRIPTION.on(EmailLinked, EmailSent)
async def take_letter(session: AsyncSession, heard: Heard[EmailLinked | EmailSent]) -> None:
    """A lead shows when somebody was last in touch with it."""
    await note_contact(session, heard.event.links, heard.event.at)
