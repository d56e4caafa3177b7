"""What the pipeline analysis says (ANA-079)."""

from dataclasses import dataclass
from uuid import UUID

from analytics.domain.figures import Answer, Figure


@dataclass(frozen=True)
class Load:
    """Deals: their number, what they are worth, and the same weighted by probability."""

    deals: int
    value: Figure
    weighted: Figure


@dataclass(frozen=True)
class StageLoad(Load):
    """The deals that stand in a stage now.

    `mean_days` is how long the deals of this answer that ever were in it were there, returns
    included. `stage_id` is empty for deals whose stage is not known.
    """

    pipeline_id: UUID | None
    pipeline: str
    stage_id: UUID | None
    stage: str
    probability: int | None
    mean_days: float | None


@dataclass(frozen=True)
class PipelineReport(Answer):
    """The stages of the active pipelines, and of those that have deals, in their order."""

    totals: Load
    stages: list[StageLoad]
