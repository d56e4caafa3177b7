"""How far the shipping of a line is."""

from datetime import date
from typing import Literal

ShipmentStatus = Literal["no_date", "planned", "due", "overdue", "shipped"]


def shipment_status(
    contract: date | None, planned: date | None, actual: date | None, today: date
) -> ShipmentStatus:
    """Judge a line by its contract date, else by the planned one (DEA-080)."""
    if actual:
        return "shipped"
    promised = contract or planned
    if promised is None:
        return "no_date"
    if promised < today:
        return "overdue"
    return "due" if promised == today else "planned"
