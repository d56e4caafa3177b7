"""Answers of an empty suite: every key is there, every number is 0 or says that there is none."""

import pytest

from chassis.testing.service import ServiceUnderTest, acting_as

CHIEF = acting_as("analytics", "executive")
PATHS = ["/v1/dashboard"] + [
    f"/v1/reports/{name}" for name in ("win-loss", "lead-sources", "income", "pipeline")
]


@pytest.mark.parametrize("path", PATHS)
async def test_an_empty_suite_answers_with_nothing_missing(
    service: ServiceUnderTest, path: str
) -> None:
    """ANA-006, ANA-014."""
    async with service.client(CHIEF) as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["data_through"] is None
    assert body["generated_at"] == "2026-11-20T10:00:00Z"
    assert body["missing_rates"] == []
    assert body["currency"] is None


async def test_shares_of_nothing_are_zero_and_averages_of_days_are_none(
    service: ServiceUnderTest,
) -> None:
    """ANA-014, ANA-027 to ANA-039."""
    async with service.client(CHIEF) as client:
        board = (await client.get("/v1/dashboard")).json()
        won_lost = (await client.get("/v1/reports/win-loss")).json()
        sources = (await client.get("/v1/reports/lead-sources")).json()
        income = (await client.get("/v1/reports/income")).json()
    nothing = {"amount": "0.00", "currency": None, "incomplete": False}
    assert board["revenue"]["average_deal_value"] == nothing
    assert board["leads"] == {"total": 0, "qualified": 0}
    assert board["recent"] == {"companies": [], "customers": [], "deals": []}
    assert [point["total"] for point in board["deals_by_month"]] == [0] * 6
    assert not any(key.startswith("task") for key in board)  # ANA-032: the module is off
    totals = won_lost["totals"]
    assert (totals["win_rate"], totals["mean_days_to_win"]) == (0.0, None)
    assert len(won_lost["last_12_months"]) == 12
    assert (sources["totals"]["share"], sources["totals"]["lead_conversion"]) == (0.0, 0.0)
    assert len(sources["by_month"]) == 13  # 365 days touch 13 months
    assert [point["month"] for point in income["by_month"]][::11] == ["2025-12", "2026-11"]
    assert income["income_per_month"] == nothing


async def test_nothing_is_ever_said(service: ServiceUnderTest) -> None:
    async with service.client(CHIEF) as client:
        await client.get("/v1/dashboard")
    assert await service.said() == []
