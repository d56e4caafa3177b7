"""What an administrator may choose about deals, with the defaults of the suite."""

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Preferences:
    """Settings `deals.<name>`; `create_customer_on_won` is intake's `customers.create_on_won`."""

    default_pipeline: UUID | None = None
    default_probability: int = 10
    require_assignment: bool = False
    require_request: bool = False
    require_lost_reason: bool = False
    require_amount_on_won: bool = False
    max_rate_age_days: int = 10
    create_customer_on_won: bool = True


KEYS = {field.name: f"deals.{field.name}" for field in fields(Preferences)} | {
    "create_customer_on_won": "customers.create_on_won"
}


def preferences_from(stored: dict[str, Any]) -> Preferences:
    """Overlay the defaults with stored values by their setting's key."""
    chosen = {name: stored[key] for name, key in KEYS.items() if stored.get(key) is not None}
    if "default_pipeline" in chosen:
        chosen["default_pipeline"] = UUID(chosen["default_pipeline"])
    return Preferences(**chosen)
