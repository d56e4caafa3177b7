"""Who reaches what (ANA-015, ANA-016)."""

import pytest

from chassis.testing.service import Actor, ServiceUnderTest, acting_as

BOARD, WIN_LOSS, SOURCES, INCOME, PIPELINE = (
    "/v1/dashboard",
    "/v1/reports/win-loss",
    "/v1/reports/lead-sources",
    "/v1/reports/income",
    "/v1/reports/pipeline",
)
EVERY = {BOARD, WIN_LOSS, SOURCES, INCOME, PIPELINE}
REACHED = {
    "executive": EVERY,
    "sales_manager": EVERY,
    "administrator": EVERY,
    "department_head": EVERY,
    "bi_reader": EVERY,
    "team_leader": {WIN_LOSS, SOURCES, PIPELINE},
    "accountant": {BOARD, INCOME},
    "operator": {BOARD, PIPELINE},
    "task_operator": set(),
    "co_worker": set(),
}


@pytest.mark.parametrize("role", REACHED)
async def test_a_role_reaches_what_the_matrix_says(service: ServiceUnderTest, role: str) -> None:
    """ANA-016."""
    async with service.client(acting_as("analytics", role)) as client:
        status = {path: (await client.get(path)).status_code for path in EVERY}
    assert status == {path: 200 if path in REACHED[role] else 403 for path in EVERY}


async def test_nobody_reaches_anything(service: ServiceUnderTest) -> None:
    async with service.client() as client:
        assert {(await client.get(path)).status_code for path in EVERY} == {401}


async def test_each_right_shows_its_own_blocks_of_the_dashboard(service: ServiceUnderTest) -> None:
    """ANA-016: operators see no revenue, accountants nothing else."""
    async with service.client(acting_as("analytics", "operator")) as client:
        operator = (await client.get(BOARD)).json()
    async with service.client(acting_as("analytics", "accountant")) as client:
        accountant = (await client.get(BOARD)).json()
    blocks = {
        "companies",
        "customers",
        "leads",
        "deals",
        "recent",
        "deals_by_month",
        "leads_by_source",
        "pipelines",
    }
    assert blocks | {"revenue"} == (operator.keys() | accountant.keys()) - {
        "data_through",
        "generated_at",
        "filters",
        "currency",
        "missing_rates",
    }
    assert "revenue" not in operator
    assert blocks <= operator.keys()
    assert not any("revenue" in point for point in operator["deals_by_month"])
    assert "revenue" in accountant
    assert not blocks & accountant.keys()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-11-02&to=2026-11-01", "query/to"),
        ("from=yesterday", "query/from"),
        ("from=1700000000", "query/from"),
        ("to=2026-02-30", "query/to"),
        ("from=0001-01-01", "query/from"),
        ("preset=fortnight", "query/preset"),
        ("preset=week&from=2026-11-01", "query/preset"),
        ("owner=me", "query/owner"),
        ("colour=red", "query/colour"),
        ("basis=dreamt", "query/basis"),
    ],
)
async def test_a_wrong_parameter_is_named(
    service: ServiceUnderTest, query: str, field: str
) -> None:
    """ANA-011; GAT-002."""
    async with service.client(acting_as("analytics", "executive")) as client:
        answer = await client.get(f"{WIN_LOSS}?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("currency", ["BTC", "euro", "", "🙂"])
async def test_an_unknown_currency_is_refused(service: ServiceUnderTest, currency: str) -> None:
    async with service.client(Actor({"income.view": "all"})) as client:
        answer = await client.get(INCOME, params={"currency": currency})
    assert answer.status_code == 422, answer.text
