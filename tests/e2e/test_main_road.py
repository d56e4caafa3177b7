"""An inquiry becomes a won and paid deal that the reports show, in both shapes of the suite.

The story is told through the gateway only. The figures expected of analytics are computed here,
from what the story did and with other code than the product's.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rapport.testing import Rapport, until

TEXTS = Path(__file__).resolve().parents[3] / "shared/data/04-spam-and-requests/sms-spam"
FORMS = 30
TODAY = date.today()  # noqa: DTZ011, TID251 - the suite runs in UTC on this very day
RATES = {"EUR": Decimal(1), "USD": Decimal("0.88"), "GBP": Decimal("1.15")}


def texts() -> Iterator[str]:
    """Answer real short texts, or stand-ins where the data set is absent."""
    corpus = TEXTS / "SMSSpamCollection"
    if corpus.exists():
        lines = corpus.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (line.split("\t", 1)[1] for line in lines if line.startswith("ham\t"))
    else:
        yield from (f"Please call me back about offer {n}" for n in range(FORMS))


def euros(amount: str, currency: str) -> Decimal:
    """Convert one amount, rounded half to even as every single record is (ANA-012)."""
    return (Decimal(amount) * RATES[currency]).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


class Story:
    """What happened, as the test remembers it."""

    def __init__(self, rapport: Rapport) -> None:
        self.rapport = rapport
        self.admin = rapport.login()
        self.won: list[Decimal] = []
        self.lost: list[Decimal] = []
        self.open: list[tuple[Decimal, int]] = []
        self.income: list[tuple[date, Decimal]] = []
        self.leads = 0
        self.companies = 0

    def tell(self) -> None:
        """Let everything happen once."""
        self.set_rates()
        self.post_forms()
        self.convert_leads()
        self.trade()
        self.collect()

    def set_rates(self) -> None:
        for currency in ("USD", "GBP"):
            body = {
                "currency": currency,
                "date": str(TODAY - timedelta(days=5)),
                "rate": str(RATES[currency]),
            }
            self.admin.post("deals/rates", body)
            body["date"] = str(TODAY - timedelta(days=65))
            self.admin.post("deals/rates", body)

    def post_forms(self) -> None:
        (form,) = self.admin.get("intake/web-forms")["items"]
        visitor = self.rapport.visitor()
        source = texts()
        for number in range(FORMS):
            person = number % 25  # five people write twice
            answer = visitor.post(
                f"/api/v1/intake/public/forms/{form['token']}",
                json={
                    "name": f"Visitor Number{person}",
                    "email": f"Visitor{person}@firm{person}.example",
                    "subject": f"Inquiry {number}",
                    "message": next(source)[:2000],
                },
            )
            assert answer.status_code == 201, answer.text
        self.leads = 25

    def convert_leads(self) -> None:
        pipeline, stages = self.pipeline()
        for number, (value, currency) in enumerate(
            [("1000.00", "EUR"), ("2500.50", "USD"), ("99.99", "GBP")]
        ):
            (lead,) = self.admin.get("intake/leads", q=f"visitor{number}@firm{number}.example")[
                "items"
            ]
            converted = self.admin.post(
                f"intake/leads/{lead['id']}/convert",
                {
                    "customer_name": f"Firm {number}",
                    "company_option": "new",
                    "company_name": f"Firm {number}",
                    "create_deal": True,
                    "deal_title": f"First order {number}",
                    "deal_value": {"amount": value, "currency": currency},
                    "pipeline_id": pipeline["id"],
                },
                expect=200,
            )
            deal_id = converted["deal_id"]
            until(partial(self.exists, f"deals/deals/{deal_id}"))
            self.companies += 1
            default = next(stage for stage in stages if stage["is_default"])
            self.open.append((euros(value, currency), default["probability"]))
            path = f"intake/leads/{lead['id']}/convert"
            assert self.admin.post(path, {"mode": "auto"}, expect=409)["code"]

    def trade(self) -> None:
        _, stages = self.pipeline()
        won = next(stage for stage in stages if stage["is_won"])
        moved = next(s for s in stages if not (s["is_won"] or s["is_lost"] or s["is_default"]))
        for number in range(6):
            amount, currency = f"{100 + number}.25", ("EUR", "USD", "GBP")[number % 3]
            deal = self.admin.post(
                "deals/deals",
                {"name": f"Deal {number}", "amount": {"amount": amount, "currency": currency}},
            )
            path = f"deals/deals/{deal['id']}"
            self.admin.post(f"{path}/move", {"stage_id": moved["id"]}, expect=200)
            if number in (0, 1):
                self.admin.post(f"{path}/win", {}, expect=200)
                self.admin.post(f"{path}/win", {}, expect=409)
                self.won.append(euros(amount, currency))
            elif number in (2, 3):
                self.admin.post(f"{path}/move", {"stage_id": won["id"]}, expect=200)
                self.won.append(euros(amount, currency))
            elif number == 4:
                self.admin.post(f"{path}/lose", {"note": "too late"}, expect=200)
                self.lost.append(euros(amount, currency))
            else:
                self.open.append((euros(amount, currency), moved["probability"]))

    def collect(self) -> None:
        won = self.admin.get("deals/deals", status="won")["items"]
        days = (TODAY, TODAY - timedelta(days=1), TODAY - timedelta(days=60))
        for deal, day, currency in zip(won, days, ("EUR", "USD", "GBP"), strict=False):
            self.admin.post(
                f"deals/deals/{deal['id']}/payments",
                {
                    "amount": {"amount": "40.05", "currency": currency},
                    "date": str(day),
                    "status": "received",
                },
            )
            self.income.append((day, euros("40.05", currency)))

    def pipeline(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Answer the default pipeline and its stages."""
        pipelines = self.admin.get("deals/pipelines")["items"]
        pipeline = next(one for one in pipelines if one["is_default"])
        return pipeline, self.admin.get(f"deals/pipelines/{pipeline['id']}/stages")["items"]

    def exists(self, path: str) -> bool:
        return self.admin.http.get(f"/api/v1/{path}", headers=self.admin.headers).is_success

    @property
    def deals(self) -> int:
        return len(self.won) + len(self.lost) + len(self.open)


@pytest.fixture(scope="module")
def story(rapport: Rapport) -> Story:
    """Tell the story once per shape, and wait until the reports have heard of its end."""
    story = Story(rapport)
    story.tell()

    def reported() -> bool:
        dashboard = story.admin.get("analytics/dashboard")
        income = story.admin.get("analytics/reports/income")
        return bool(
            dashboard["deals"]["total"] == story.deals
            and dashboard["deals"]["won"] == len(story.won)
            and dashboard["leads"]["total"] == story.leads
            and income["totals"]["payments"] == len(story.income)
        )

    until(reported, 20)
    return story


def amount(figure: dict[str, Any]) -> Decimal:
    assert (figure["currency"], figure["incomplete"]) == ("EUR", False)
    return Decimal(figure["amount"])


def test_the_dashboard_shows_what_happened(story: Story) -> None:  # ANA-027..034, 036, 037, 039
    dashboard = story.admin.get("analytics/dashboard")
    assert dashboard["missing_rates"] == []
    assert dashboard["leads"]["total"] == story.leads
    assert dashboard["deals"] == {
        "total": story.deals,
        "open": len(story.open),
        "won": len(story.won),
    }
    assert dashboard["companies"]["total"] == story.companies
    assert dashboard["customers"]["total"] >= story.companies
    revenue = dashboard["revenue"]
    assert amount(revenue["total"]) == sum(story.won)
    assert amount(revenue["potential"]) == sum(value for value, _ in story.open)
    average = (sum(story.won, Decimal(0)) / len(story.won)).quantize(Decimal("0.01"))
    assert abs(amount(revenue["average_deal_value"]) - average) <= Decimal("0.01")
    *_, month = dashboard["deals_by_month"]
    assert len(dashboard["deals_by_month"]) == 6
    assert (month["total"], month["won"], month["lost"]) == (
        story.deals,
        len(story.won),
        len(story.lost),
    )
    assert sum(source["leads"] for source in dashboard["leads_by_source"]) == story.leads
    assert sum(pipeline["open"] for pipeline in dashboard["pipelines"]) == len(story.open)


def test_win_loss_counts_and_sums(story: Story) -> None:  # ANA-084, ANA-024
    report = story.admin.get("analytics/reports/win-loss")
    totals = report["totals"]
    assert (totals["won"], totals["lost"]) == (len(story.won), len(story.lost))
    assert amount(totals["revenue_won"]) == sum(story.won)
    rate = Decimal(len(story.won)) / (len(story.won) + len(story.lost)) * 100
    assert Decimal(str(totals["win_rate"])) == rate.quantize(Decimal("0.1"))
    assert amount(report["by_month"][-1]["revenue_won"]) == sum(story.won)


def test_the_pipeline_report_weighs_open_deals(story: Story) -> None:  # ANA-079
    report = story.admin.get("analytics/reports/pipeline")
    assert report["totals"]["deals"] == len(story.open)
    assert amount(report["totals"]["value"]) == sum(value for value, _ in story.open)
    weighted = sum(value * probability / 100 for value, probability in story.open)
    assert abs(amount(report["totals"]["weighted"]) - weighted) <= Decimal("0.05")


def test_income_falls_into_the_month_of_the_payment(story: Story) -> None:  # ANA-044
    report = story.admin.get("analytics/reports/income")
    by_month = {row["month"]: amount(row["income"]) for row in report["by_month"]}
    expected: dict[str, Decimal] = {}
    for day, value in story.income:
        expected[f"{day:%Y-%m}"] = expected.get(f"{day:%Y-%m}", Decimal(0)) + value
    assert {month: value for month, value in by_month.items() if value} == expected
    assert len(by_month) == 12
    assert amount(report["totals"]["income"]) == sum(value for _, value in story.income)


def test_lead_sources_count_requests_and_leads(story: Story) -> None:  # ANA-067
    report = story.admin.get("analytics/reports/lead-sources")
    website = next(row for row in report["sources"] if row["name"] == "Website")
    assert (website["requests"], website["leads"]) == (FORMS, story.leads)
    assert website["lead_conversion"] == 12.0  # three of twenty-five


def test_five_people_who_wrote_twice_are_five_leads_with_two_requests(story: Story) -> None:
    leads = story.admin.get("intake/leads", q="firm3.example")["items"]  # INT-024, INT-044
    assert [lead["client_requests"] for lead in leads] == [2]


def test_who_may_not_see_revenue_gets_403(story: Story) -> None:  # ANA-016
    story.admin.post(
        "gateway/users",
        {
            "email": "operator@example.com",
            "name": "Olga Operator",
            "password": "another-long-password",
            "roles": ["operator"],
        },
    )
    operator = story.rapport.login("operator@example.com", "another-long-password")
    assert "revenue" not in operator.get("analytics/dashboard")
    refused = operator.call("GET", "analytics/reports/income", expect=403)
    assert refused["code"] == "forbidden"
