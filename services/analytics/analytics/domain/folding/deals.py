"""How a deal's events make the deal: amount, place, people, outcome, and its stays in stages."""

from typing import Any, Final

from analytics.domain.folding.logged import (
    Handler,
    Logged,
    State,
    day,
    delete,
    restore,
    take,
    take_changed,
    take_money,
    utc,
)

_GIVEN: Final = {
    "name",
    "pipeline_id",
    "stage_id",
    "probability",
    "status",
    "owner_id",
    "co_owner_id",
    "team_id",
    "department_id",
    "company_id",
    "customer_id",
    "contact_id",
    "lead_id",
    "request_id",
    "source_id",
    "country",
    "city",
}
_EDITED: Final = _GIVEN - {"pipeline_id", "stage_id", "status"} | {"reason_id", "closed_on"}


def _created(state: State, event: Logged) -> None:
    data = event.data
    take(state, data, _GIVEN)
    take_money(state, data["amount"])
    created_at = data.get("created_at") or event.at
    state["created"] = True
    state["created_at"] = utc(created_at)
    state["created_on"] = data.get("created_on") or day(created_at)
    _enter(state, data["stage_id"], state["created_at"])


def _updated(state: State, event: Logged) -> None:
    changed = event.data["changed"]
    take_changed(state, changed, _EDITED)
    if "amount" in changed:
        take_money(state, changed["amount"][1])


def _assigned(state: State, event: Logged) -> None:
    take(state, event.data, ("owner_id", "co_owner_id", "team_id"))


def _stage_changed(state: State, event: Logged) -> None:
    data = event.data
    state["pipeline_id"] = data["pipeline_id"]
    state["probability"] = data["probability"]
    _enter(state, data["to_id"], utc(data["at"]))


def _won(state: State, event: Logged) -> None:
    data = event.data
    state["closed_at"] = utc(data["won_at"])
    state["irrelevant"] = False
    if data.get("customer_id"):
        state["customer_id"] = data["customer_id"]
    before = _stage_before(state, data.get("stage_id"))
    _close(state, data, status="won", before=before)


def _lost(state: State, event: Logged) -> None:
    data = event.data
    state["closed_at"] = utc(event.at)
    state["irrelevant"] = data["irrelevant"]
    _close(state, data, status="lost", before=data["stage_before_id"])


def _close(state: State, data: dict[str, Any], *, status: str, before: str | None) -> None:
    take_money(state, data["amount"])
    take(state, data, ("closed_on", "reason_id"))
    state["status"] = status
    state["stage_before_id"] = before
    if data.get("stage_id"):
        _enter(state, data["stage_id"], state["closed_at"])


def _reopened(state: State, event: Logged) -> None:
    data = event.data
    if state.get("stage_id") != data["stage_id"]:
        state["probability"] = None  # the stage's own, until the deal says otherwise
    state["status"] = "open"
    take(state, {}, ("closed_on", "closed_at", "reason_id", "stage_before_id"))
    _enter(state, data["stage_id"], utc(data["at"]))


def _enter(state: State, stage_id: str, at: str) -> None:
    """Begin a stay; closing and moving both tell of the same step, so the second adds nothing."""
    state["stage_id"] = stage_id
    stays = state.get("stays", [])
    if stays and stays[-1]["stage_id"] == stage_id:
        return
    left = [{**stays[-1], "left_at": at}] if stays else []
    state["stays"] = [*stays[:-1], *left, {"stage_id": stage_id, "entered_at": at, "left_at": None}]


def _stage_before(state: State, closing_stage_id: str | None) -> str | None:
    """Answer the last stage that is not the one the deal was closed in (ANA-084)."""
    closing = closing_stage_id or object()  # closed where it stood: that stage counts
    stays = reversed(state.get("stays", []))
    return next((stay["stage_id"] for stay in stays if stay["stage_id"] != closing), None)


HANDLERS: Final[dict[str, Handler]] = {
    "deals.deal.created": _created,
    "deals.deal.updated": _updated,
    "deals.deal.assigned": _assigned,
    "deals.deal.stage_changed": _stage_changed,
    "deals.deal.won": _won,
    "deals.deal.lost": _lost,
    "deals.deal.reopened": _reopened,
    "deals.deal.deleted": delete,
    "deals.deal.restored": restore,
}
