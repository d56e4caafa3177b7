"""The board of a pipeline."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.schemas import Day, Output
from chassis.http.unit import ReadSession, Route
from deals.api.callers import DealsReader
from deals.api.deal_schemas import Status
from deals.api.deal_views import money_json
from deals.api.fields import Named, named
from deals.models import Stage
from deals.queries.board import CardOrder, Cards, find_place, list_cards
from deals.queries.conversions import reporting_conversion
from deals.queries.deals import deal, seen_by
from deals.queries.pipelines import get_pipeline, list_stages
from deals.queries.totals import Total, find_totals
from kernel.errors import invalid
from kernel.money import Money

router = APIRouter(prefix="/pipelines/{pipeline_id}/board", tags=["board"], route_class=Route)


class Card(Output):
    """A deal on the board."""

    id: UUID
    version: int
    code: str
    name: str
    status: Status
    amount: Money
    company: Named | None
    customer: Named | None
    owner: Named | None
    expected_close: Day | None
    closed_on: Day | None
    next_step: str | None
    next_step_date: Day | None
    priority: int
    important: bool


class Column(Output):
    """A stage with its sums in the reporting currency; `next_cursor` asks for its next cards."""

    stage_id: UUID
    name: str
    colour: str | None
    is_won: bool
    is_lost: bool
    number: int
    amount: Money
    weighted: Money
    missing_rates: list[str]
    cards: list[Card]
    next_cursor: UUID | None


class Board(Output):
    """The columns of a pipeline, in the order of its stages."""

    pipeline: Named
    currency: str
    columns: list[Column]


@router.get("")
async def read_board(
    pipeline_id: UUID,
    session: ReadSession,
    *,
    caller: DealsReader,
    sort: CardOrder = "expected_close",
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    stage: UUID | None = None,
    cursor: UUID | None = None,
) -> Board:
    """Answer every column with its first cards, or with `stage` and `cursor` a column's next."""
    pipeline = await get_pipeline(session, pipeline_id)
    after = await _place(session, caller, sort, stage, cursor)
    wanted = Cards(limit, sort, stage, after)
    conversion = await reporting_conversion(session)
    in_pipeline = (seen_by(caller), deal.pipeline_id == pipeline_id)
    totals = await find_totals(session, in_pipeline, conversion)
    cards = await list_cards(session, pipeline_id, caller, wanted)
    empty = Total(0, Money.zero(conversion.target), Money.zero(conversion.target), ())
    columns = [
        _column(step, totals.get(step.id, empty), cards.get(step.id, ()), limit)
        for step in await list_stages(session, pipeline_id)
        if step.is_active and stage in (None, step.id)
    ]
    return Board.model_validate(
        {
            "pipeline": named(pipeline.id, pipeline.name),
            "currency": conversion.target,
            "columns": columns,
        }
    )


async def _place(
    session: AsyncSession,
    caller: Caller,
    order: CardOrder,
    stage_id: UUID | None,
    cursor: UUID | None,
) -> tuple[Any, UUID] | None:
    if cursor is None:
        return None
    if stage_id is None:
        raise invalid("stage", "say which column the cursor is of", "stage_of_cursor_required")
    return await find_place(session, caller, order, stage_id, cursor)


def _column(stage: Stage, total: Total, cards: Any, limit: int) -> dict[str, Any]:
    return {
        "stage_id": stage.id,
        "name": stage.name,
        "colour": stage.colour,
        "is_won": stage.is_won,
        "is_lost": stage.is_lost,
        "number": total.number,
        "amount": total.amount,
        "weighted": total.weighted,
        "missing_rates": total.missing_rates,
        "cards": [_card(card) for card in cards[:limit]],
        "next_cursor": cards[limit - 1].id if len(cards) > limit else None,
    }


def _card(row: Any) -> dict[str, Any]:
    copied = (name for name in Card.model_fields if name in row._fields and name != "amount")
    return {
        **{name: getattr(row, name) for name in copied},
        "amount": money_json(row.amount, row.currency),
        "company": named(row.company_id, row.company_name),
        "customer": named(row.customer_id, row.customer_name),
        "owner": named(row.owner_id, row.owner_name),
    }
