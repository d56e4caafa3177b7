"""How people, groups and dictionary entries come out of their events: each tells all of it."""

from typing import Final

from analytics.domain.folding.logged import Handler, Logged, State, take


def _person_or_group(state: State, event: Logged) -> None:
    take(state, event.data, ("name", "active"))
    state["created"] = True


def _entry(state: State, event: Logged) -> None:
    take(state, event.data, ("name", "active", "deleted", "position"))
    state["created"] = True


def _lead_status(state: State, event: Logged) -> None:
    _entry(state, event)
    state["qualified"] = bool(event.data["flags"].get("qualified"))


def _stage(state: State, event: Logged) -> None:
    _entry(state, event)
    take(state, event.data, ("pipeline_id", "probability"))
    state["conditional_win"] = bool(event.data["flags"].get("conditional_win"))


USER: Final[dict[str, Handler]] = {
    "gateway.user.created": _person_or_group,
    "gateway.user.changed": _person_or_group,
    "gateway.user.deactivated": _person_or_group,
}
DEPARTMENT: Final[dict[str, Handler]] = {"gateway.department.changed": _person_or_group}
TEAM: Final[dict[str, Handler]] = {"gateway.team.changed": _person_or_group}
SOURCE: Final[dict[str, Handler]] = {"intake.lead_source.changed": _entry}
LEAD_STATUS: Final[dict[str, Handler]] = {"intake.lead_status.changed": _lead_status}
PIPELINE: Final[dict[str, Handler]] = {"deals.pipeline.changed": _entry}
STAGE: Final[dict[str, Handler]] = {"deals.stage.changed": _stage}
REASON: Final[dict[str, Handler]] = {"deals.closing_reason.changed": _entry}
PRODUCT: Final[dict[str, Handler]] = {"deals.product.changed": _entry}
