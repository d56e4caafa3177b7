"""The board of a pipeline: columns with their sums, and the first cards of each (DEA-047)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, func, lateral, literal_column, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from deals.models import Company, Customer, Deal, Stage, User
from deals.queries.deals import seen_by

CardOrder = Literal["expected_close", "newest", "next_step", "amount"]

_NEVER: Any = literal_column("'infinity'::date")  # a literal, so that the index is recognised
_KEYS: Mapping[str, Any] = {
    "expected_close": func.coalesce(Deal.expected_close, _NEVER),
    "next_step": func.coalesce(Deal.next_step_date, _NEVER),
    "newest": Deal.created_at,
    "amount": Deal.amount,
}
_DESCENDING = ("newest", "amount")


@dataclass(frozen=True)
class Cards:
    """Which cards are asked for: how many per column, in what order, of which column after what.

    `after` is the `sort_key` and the id of the last card seen.
    """

    limit: int
    order: CardOrder
    stage_id: UUID | None = None
    after: tuple[Any, UUID] | None = None


async def list_cards(
    session: AsyncSession, pipeline_id: UUID, caller: Caller, cards: Cards
) -> Mapping[UUID, Sequence[Row[Any]]]:
    """Answer the cards of every column, or of one, by stage; one more than asked if there is."""
    own = _first_cards(caller, cards)
    query = (
        select(own, Company.name.label("company_name"), Customer.name.label("customer_name"),
               User.name.label("owner_name"))
        .select_from(Stage)
        .join(own, true())
        .outerjoin(Company, Company.id == own.c.company_id)
        .outerjoin(Customer, Customer.id == own.c.customer_id)
        .outerjoin(User, User.id == own.c.owner_id)
        .where(Stage.pipeline_id == pipeline_id, Stage.deleted_at.is_(None), Stage.is_active)
        .order_by(Stage.position, *_directions(own.c.sort_key, own.c.id, cards.order))
    )  # fmt: skip
    if cards.stage_id:
        query = query.where(Stage.id == cards.stage_id)
    by_stage: dict[UUID, list[Row[Any]]] = {}
    for row in await session.execute(query):
        by_stage.setdefault(row.stage_id, []).append(row)
    return by_stage


def _first_cards(caller: Caller, cards: Cards) -> Any:
    """Take the first cards of a stage from its index, however many deals the stage has."""
    key = _KEYS[cards.order]
    query = select(
        Deal.id, Deal.version, Deal.code, Deal.name, Deal.amount, Deal.currency, Deal.status,
        Deal.stage_id, Deal.expected_close, Deal.closed_on, Deal.next_step, Deal.next_step_date,
        Deal.priority, Deal.important, Deal.company_id, Deal.customer_id, Deal.owner_id,
        key.label("sort_key"),
    ).where(Deal.stage_id == Stage.id, seen_by(caller))  # fmt: skip
    if cards.after:
        here, last = tuple_(key, Deal.id), tuple_(*cards.after)
        query = query.where(here < last if cards.order in _DESCENDING else here > last)
    query = query.order_by(*_directions(key, Deal.id, cards.order)).limit(cards.limit + 1)
    return lateral(query.correlate(Stage), name="card")


def _directions(key: Any, tie: Any, order: str) -> tuple[Any, Any]:
    return (key.desc(), tie.desc()) if order in _DESCENDING else (key.asc(), tie.asc())
