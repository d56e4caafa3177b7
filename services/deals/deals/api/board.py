"""The board of a pipeline."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request

from chassis.http.paging import MAX_CURSOR, PageQuery, asked_of, seal, unseal
from chassis.http.schemas import Day, Output
from chassis.http.unit import ReadSession, Route
from deals.api.callers import DealsReader
from deals.api.deal_schemas import Status
from deals.api.deal_views import money_json
from deals.api.fields import Named, named
from deals.models import Stage
from deals.queries.board import CardOrder, Cards, list_cards
from deals.queries.conversions import reporting_conversion
from deals.queries.deals import deal, seen_by
from deals.queries.pipelines import get_pipeline, list_stages
from deals.queries.totals import Total, find_totals
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
    next_cursor: str | None


class Board(Output):
    """The columns of a pipeline, in the order of its stages."""

    pipeline: Named
    currency: str
    columns: list[Column]


@router.get("")
async def read_board(
    pipeline_id: UUID,
    request: Request,
    session: ReadSession,
    *,
    caller: DealsReader,
    sort: CardOrder = "expected_close",
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    stage: UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Board:
    """Answer every column with its first cards, or with `stage` and `cursor` a column's next."""
    asked = asked_of(request, caller, limit, cursor)

    def asked_of_column(stage_id: UUID | None) -> PageQuery:
        """Tie cursors to a column, which an address that asks for all of them does not name."""
        column = [str(caller.actor), request.url.path, sort, str(stage_id)]
        return replace(asked, binding=orjson.dumps(column))

    pipeline = await get_pipeline(session, pipeline_id)
    wanted = Cards(limit, sort, stage, unseal(asked_of_column(stage)) if cursor else None)
    conversion = await reporting_conversion(session)
    in_pipeline = (seen_by(caller), deal.pipeline_id == pipeline_id)
    totals = await find_totals(session, in_pipeline, conversion)
    cards = await list_cards(session, pipeline_id, caller, wanted)
    empty = Total(0, Money.zero(conversion.target), Money.zero(conversion.target), ())
    columns = [
        _column(step, totals.get(step.id, empty), cards.get(step.id, ()), asked_of_column(step.id))
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


def _column(stage: Stage, total: Total, cards: Any, asked: PageQuery) -> dict[str, Any]:
    shown = cards[: asked.limit]
    is_last = len(cards) == len(shown)
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
        "cards": [_card(card) for card in shown],
        "next_cursor": None if is_last else seal(asked, shown[-1].sort_key, shown[-1].id),
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
