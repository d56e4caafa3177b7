"""How requests, leads, companies and customers come out of their events."""

from typing import Final

from analytics.domain.folding.logged import (
    Handler,
    Logged,
    State,
    day,
    delete,
    restore,
    take,
    take_changed,
    utc,
)

_LINKS: Final = ("owner_id", "company_id", "contact_id", "lead_id")
_ASKED: Final = ("kind", "source_id", "department_id", "country", "city", "product_ids")
_LEAD: Final = ("title", "source_id", "status_id", "owner_id", "team_id", "department_id")
_COMPANY: Final = ("name", "active", "owner_id", "department_id", "country", "city")


def _received(state: State, event: Logged) -> None:
    data = event.data
    take(state, data, (*_ASKED, *_LINKS))
    state["created"] = True
    state["verdict"] = data["state"]
    state["received_on"] = day(data["received_at"])


def _request_edited(state: State, event: Logged) -> None:
    take(state, event.data, _LINKS)
    take_changed(state, event.data["changed"], _ASKED)


def _validated(state: State, event: Logged) -> None:
    state["verdict"] = "validated"
    state["owner_id"] = event.data["owner_id"]


def _judged(state: State, event: Logged) -> None:
    state["verdict"] = event.data["state"]


def _lead_created(state: State, event: Logged) -> None:
    take(state, event.data, _LEAD)
    state |= {"promoted": False, "converted": False, "disqualified": False}
    _born(state, event)


def _lead_updated(state: State, event: Logged) -> None:
    take_changed(state, event.data["changed"], _LEAD)


def _lead_assigned(state: State, event: Logged) -> None:
    take(state, event.data, ("owner_id", "team_id"))


def _lead_status_changed(state: State, event: Logged) -> None:
    state["status_id"] = event.data["new_id"]
    state["disqualified"] = event.data["disqualified"]


def _promoted(state: State, _: Logged) -> None:
    state["promoted"] = True


def _converted(state: State, _: Logged) -> None:
    state["converted"] = True


def _born(state: State, event: Logged) -> None:
    state["created"] = True
    state["created_at"] = utc(event.at)
    state["created_on"] = day(event.at)


def _company(state: State, event: Logged) -> None:
    take(state, event.data, _COMPANY)


def _company_created(state: State, event: Logged) -> None:
    _company(state, event)
    _born(state, event)


def _customer(state: State, event: Logged) -> None:
    take(state, event.data, ("name", "company_id", "owner_id"))


def _customer_created(state: State, event: Logged) -> None:
    _customer(state, event)
    _born(state, event)


REQUEST: Final[dict[str, Handler]] = {
    "intake.request.received": _received,
    "intake.request.updated": _request_edited,
    "intake.request.assigned": _request_edited,
    "intake.request.validated": _validated,
    "intake.request.rejected": _judged,
    "intake.request.marked_duplicate": _judged,
    "intake.request.reopened": _judged,
    "intake.request.deleted": delete,
    "intake.request.restored": restore,
}
LEAD: Final[dict[str, Handler]] = {
    "intake.lead.created": _lead_created,
    "intake.lead.updated": _lead_updated,
    "intake.lead.assigned": _lead_assigned,
    "intake.lead.status_changed": _lead_status_changed,
    "intake.lead.promoted": _promoted,
    "intake.lead.converted": _converted,
    "intake.lead.deleted": delete,
    "intake.lead.restored": restore,
}
COMPANY: Final[dict[str, Handler]] = {
    "intake.company.created": _company_created,
    "intake.company.updated": _company,
    "intake.company.deleted": delete,
    "intake.company.restored": restore,
}
CUSTOMER: Final[dict[str, Handler]] = {
    "intake.customer.created": _customer_created,
    "intake.customer.updated": _customer,
    "intake.customer.blacklisted": _customer,
    "intake.customer.deleted": delete,
    "intake.customer.restored": restore,
}
