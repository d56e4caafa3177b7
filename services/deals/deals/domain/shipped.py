"""What a new suite starts with: pipelines, closing reasons and currencies (DEA-006, 068, 099).

The pipelines are templates, too: a department gets one of its own with the same steps.
"""

from dataclasses import dataclass
from typing import Literal

Template = Literal["general", "probability", "sales_department"]


@dataclass(frozen=True)
class ShippedStage:
    """A stage of a shipped pipeline."""

    name: str
    probability: int
    colour: str
    is_won: bool = False
    is_lost: bool = False
    is_second_default: bool = False
    is_conditional_win: bool = False
    is_shipped: bool = False


@dataclass(frozen=True)
class ShippedPipeline:
    """A pipeline every new suite has; its first stage is the default one."""

    code: Template
    name: str
    description: str
    stages: tuple[ShippedStage, ...]
    is_default: bool = False


@dataclass(frozen=True)
class ShippedReason:
    """A closing reason every new suite has."""

    name: str
    outcome: Literal["won", "lost"]
    is_irrelevant: bool = False


BLUE, TEAL, AMBER, ORANGE = "#4c6ef5", "#0ca678", "#f59f00", "#f76707"
GREEN, RED, GREY, VIOLET = "#2f9e44", "#e03131", "#868e96", "#7950f2"

WON = ShippedStage("Won", 100, GREEN, is_won=True)
LOST = ShippedStage("Lost", 0, RED, is_lost=True)

PIPELINES = (
    ShippedPipeline(
        "general",
        "General",
        "From the first lead to the decision.",
        (
            ShippedStage("Lead", 10, GREY),
            ShippedStage("Qualified", 30, BLUE, is_second_default=True),
            ShippedStage("Proposal", 60, AMBER),
            ShippedStage("Negotiation", 80, ORANGE),
            WON,
            LOST,
        ),
        is_default=True,
    ),
    ShippedPipeline(
        "probability",
        "By probability",
        "Steps of a longer sale, each with its chance.",
        (
            ShippedStage("New", 10, GREY),
            ShippedStage("Qualification", 20, BLUE, is_second_default=True),
            ShippedStage("Needs Analysis", 40, BLUE),
            ShippedStage("Value Proposition", 60, TEAL),
            ShippedStage("Decision Makers", 70, AMBER),
            ShippedStage("Proposal", 80, AMBER),
            ShippedStage("Negotiation", 90, ORANGE),
            WON,
            LOST,
        ),
    ),
    ShippedPipeline(
        "sales_department",
        "Sales department",
        "From the first contact to the final payment.",
        (
            ShippedStage("First contact", 10, GREY),
            ShippedStage("Offer", 30, BLUE, is_second_default=True),
            ShippedStage("Contract", 60, AMBER),
            ShippedStage("First payment", 80, TEAL, is_conditional_win=True),
            ShippedStage("Shipment", 90, VIOLET, is_shipped=True),
            ShippedStage("Final payment", 100, GREEN, is_won=True),
            LOST,
        ),
    ),
)

STEPS = {pipeline.code: pipeline.stages for pipeline in PIPELINES}

REASONS = (
    ShippedReason("Completed", "won"),
    ShippedReason("Too expensive", "lost"),
    ShippedReason("Chose competitor", "lost"),
    ShippedReason("No budget", "lost"),
    ShippedReason("No response", "lost"),
    ShippedReason("Bad timing", "lost"),
    ShippedReason("Requirements not met", "lost"),
    ShippedReason("Contact lost", "lost"),
    ShippedReason("Irrelevant", "lost", is_irrelevant=True),
    ShippedReason("Other", "lost"),
)

NATIONAL = "EUR"
CURRENCIES = (NATIONAL, "USD", "GBP", "JPY", "CHF", "PLN", "SEK", "NOK", "DKK", "CZK")
