"""Pipeline analysis (ANA-079): what stands in each stage, and how long deals stay in it."""

from typing import Any, Final, Literal

from sqlalchemy import CTE, Row, Select, func, literal, select
from sqlalchemy import case as when
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.domain.figures import mean_days, total
from analytics.domain.periods import Period
from analytics.domain.pipeline import Load, PipelineReport, StageLoad
from analytics.models.dimensions import Pipeline, Stage
from analytics.models.facts import Deal, StageStay
from analytics.queries.frame import Frame, head
from analytics.queries.money import figure, find_missing_rates, priced, sum_of
from analytics.queries.names import UNKNOWN
from analytics.queries.records import Asked, visible_deals

Status = Literal["open", "all"]

UNWEIGHTED: Final = 50
"""The probability in percent of a deal that has none, nor its stage (ANA-020)."""

DAY_SECONDS: Final = 86_400


async def get_pipeline(
    session: AsyncSession, asked: Asked, frame: Frame, period: Period, status: Status
) -> PipelineReport:
    """Reckon the deals created in the period by stage."""
    deals = _weighted(priced(_deals(asked, frame, period, status), frame))
    rows = (await session.execute(_by_stage(deals, asked, frame))).all()
    stages = [_stage_load(row, frame) for row in rows]
    return PipelineReport(
        **head(frame, asked, await find_missing_rates(session, deals), period),
        totals=Load(
            deals=sum(stage.deals for stage in stages),
            value=total([stage.value for stage in stages], frame.currency),
            weighted=total([stage.weighted for stage in stages], frame.currency),
        ),
        stages=stages,
    )


def _deals(asked: Asked, frame: Frame, period: Period, status: Status) -> Select[Any]:
    own = func.coalesce(Deal.probability, Stage.probability, UNWEIGHTED)
    query = visible_deals(
        asked,
        Deal.id,
        Deal.pipeline_id,
        Deal.stage_id,
        Deal.closed_at,
        Deal.amount,
        Deal.currency,
        func.coalesce(Deal.closed_on, literal(frame.today)).label("day"),
        when((Deal.status == "won", 100), (Deal.status == "lost", 0), else_=own).label("chance"),
    ).outerjoin_from(Deal, Stage, Stage.id == Deal.stage_id)
    query = query.where(Deal.created_on.between(period.first, period.last))
    return query.where(Deal.status == "open") if status == "open" else query


def _weighted(deals: CTE) -> CTE:
    weighted = func.converted(deals.c.value, deals.c.chance, 100, type_=deals.c.amount.type)
    return select(deals, weighted.label("weighted")).offset(0).cte()


def _by_stage(deals: CTE, asked: Asked, frame: Frame) -> Select[Any]:
    """Join what the stages hold to the stages there are, each with what it is called."""
    loads = (
        select(
            deals.c.pipeline_id,
            deals.c.stage_id,
            func.count().label("deals"),
            *sum_of(deals, "value"),
            *sum_of(deals, "weighted", of="weighted"),
        )
        .group_by(deals.c.pipeline_id, deals.c.stage_id)
        .cte()
    )
    shown = _offered_stages(asked).cte()
    days = _days_in_stages(deals, frame).cte()
    stage_id = func.coalesce(loads.c.stage_id, shown.c.id)
    pipeline_id = func.coalesce(loads.c.pipeline_id, shown.c.pipeline_id)
    joined = (
        loads.join(shown, shown.c.id == loads.c.stage_id, full=True)
        .outerjoin(Stage, Stage.id == stage_id)
        .outerjoin(Pipeline, Pipeline.id == pipeline_id)
        .outerjoin(days, days.c.stage_id == stage_id)
    )
    return (
        select(
            pipeline_id.label("pipeline_id"),
            func.coalesce(Pipeline.name, UNKNOWN).label("pipeline"),
            stage_id.label("stage_id"),
            func.coalesce(Stage.name, UNKNOWN).label("stage"),
            Stage.probability,
            *(column for column in loads.c if not column.name.endswith("_id")),
            days.c.mean_days,
        )
        .select_from(joined)
        .order_by(
            Pipeline.position, Pipeline.name, pipeline_id, Stage.position, Stage.name, stage_id
        )
    )


def _offered_stages(asked: Asked) -> Select[Any]:
    columns: tuple[Any, ...] = (Stage.id, Stage.pipeline_id)
    query = select(*columns).join_from(Stage, Pipeline, Pipeline.id == Stage.pipeline_id)
    query = query.where(
        Stage.counts, Stage.active.is_(True), Pipeline.counts, Pipeline.active.is_(True)
    )
    wanted = asked.filters.pipeline
    return query.where(Pipeline.id == wanted) if wanted else query


def _days_in_stages(deals: CTE, frame: Frame) -> Select[Any]:
    """Average, over the deals that were in a stage, the days each spent there in all (ANA-025)."""
    until = func.coalesce(StageStay.left_at, deals.c.closed_at, literal(frame.generated_at))
    spent_in_it = func.greatest(until, StageStay.entered_at) - StageStay.entered_at
    seconds = func.sum(func.extract("epoch", spent_in_it))
    spent = (
        select(StageStay.stage_id, (seconds / DAY_SECONDS).label("days"))
        .join_from(deals, StageStay, StageStay.deal_id == deals.c.id)
        .group_by(deals.c.id, StageStay.stage_id)
        .subquery("spent")
    )
    mean = func.avg(spent.c.days).label("mean_days")
    return select(spent.c.stage_id, mean).group_by(spent.c.stage_id)


def _stage_load(row: Row[Any], frame: Frame) -> StageLoad:
    return StageLoad(
        deals=row.deals or 0,
        value=figure(row, "value", frame),
        weighted=figure(row, "weighted", frame),
        pipeline_id=row.pipeline_id,
        pipeline=row.pipeline,
        stage_id=row.stage_id,
        stage=row.stage,
        probability=row.probability,
        mean_days=mean_days(row.mean_days),
    )
