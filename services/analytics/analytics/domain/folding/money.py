"""How lines, payments, currencies and rates come out of their events."""

from typing import Final

from analytics.domain.folding.logged import Handler, Logged, State, delete, take, take_money, utc


def _line(state: State, event: Logged) -> None:
    take(state, event.data, ("deal_id", "product_id", "quantity"))
    take_money(state, event.data["total"])
    state["created"] = True
    state["deleted"] = False


def _recorded(state: State, event: Logged) -> None:
    data = event.data
    state["created"] = True
    state["deleted"] = False
    take(state, data, ("deal_id", "status"))
    take_money(state, data["amount"])
    state["paid_on"] = data["date"]


def _revised(state: State, event: Logged) -> None:
    new = event.data["new"]
    state["status"] = new["status"]
    take_money(state, new["amount"])
    state["paid_on"] = new["date"]


def _currency(state: State, event: Logged) -> None:
    state["created"] = True
    state["code"] = event.data["code"]
    state["said_at"] = utc(event.at)
    for flag in ("national", "reporting"):
        if event.data.get(flag) is not None:
            state[flag] = event.data[flag]


def _rate(state: State, event: Logged) -> None:
    state["created"] = True
    take(state, event.data, ("code", "rate"))
    state["day"] = event.data["date"]


LINE: Final[dict[str, Handler]] = {
    "deals.output.added": _line,
    "deals.output.changed": _line,
    "deals.output.removed": delete,
}
PAYMENT: Final[dict[str, Handler]] = {
    "deals.payment.recorded": _recorded,
    "deals.payment.changed": _revised,
    "deals.payment.deleted": delete,
}
CURRENCY: Final[dict[str, Handler]] = {"deals.currency.changed": _currency}
RATE: Final[dict[str, Handler]] = {"deals.rate.recorded": _rate}
