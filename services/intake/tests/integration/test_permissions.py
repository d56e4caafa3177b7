"""Who may do what: anonymous, without the right, out of scope, allowed (GAT-001, GAT-043).

And what everybody has to mind: the version of what is written (GAT-003).
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio

from chassis.testing.service import ServiceUnderTest
from intake.queries.removables import REMOVABLES
from kernel.ids import uuid7

LEAD, REQUEST = {"title": "L"}, {"subject": "P", "first_name": "A"}
CALLS: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("GET", "/v1/requests", None),
    ("POST", "/v1/requests", REQUEST),
    ("GET", "/v1/requests/{requests}", None),
    ("GET", "/v1/requests/{requests}/timeline", None),
    ("PATCH", "/v1/requests/{requests}", {"city": "X"}),
    ("POST", "/v1/requests/{requests}/rematch", None),
    ("POST", "/v1/requests/{requests}/confirm-links", None),
    ("POST", "/v1/requests/{requests}/reject", {"state": "irrelevant"}),
    ("POST", "/v1/requests/{requests}/reopen", None),
    ("POST", "/v1/requests/{requests}/mark-duplicate", None),
    ("POST", "/v1/requests/{requests}/close", None),
    ("POST", "/v1/requests/{requests}/validate", None),
    ("POST", "/v1/requests/{requests}/deal", None),
    ("DELETE", "/v1/requests/{requests}", None),
    ("POST", "/v1/requests/{requests}/restore", None),
    ("GET", "/v1/leads", None),
    ("POST", "/v1/leads", LEAD),
    ("GET", "/v1/leads/{leads}", None),
    ("GET", "/v1/leads/{leads}/timeline", None),
    ("PATCH", "/v1/leads/{leads}", {"city": "X"}),
    ("PUT", "/v1/leads/{leads}", LEAD),
    ("GET", "/v1/leads/{leads}/conversion", None),
    ("POST", "/v1/leads/{leads}/convert", {"mode": "auto"}),
    ("DELETE", "/v1/leads/{leads}", None),
    ("POST", "/v1/leads/{leads}/restore", None),
    ("GET", "/v1/companies", None),
    ("POST", "/v1/companies", {"name": "X"}),
    ("GET", "/v1/companies/{companies}", None),
    ("GET", "/v1/companies/{companies}/timeline", None),
    ("PATCH", "/v1/companies/{companies}", {"city": "X"}),
    ("DELETE", "/v1/companies/{companies}", None),
    ("POST", "/v1/companies/{companies}/restore", None),
    ("GET", "/v1/contacts", None),
    ("POST", "/v1/contacts", {"first_name": "X"}),
    ("GET", "/v1/contacts/{contacts}", None),
    ("GET", "/v1/contacts/{contacts}/timeline", None),
    ("PATCH", "/v1/contacts/{contacts}", {"city": "X"}),
    ("DELETE", "/v1/contacts/{contacts}", None),
    ("POST", "/v1/contacts/{contacts}/restore", None),
    ("GET", "/v1/customers", None),
    ("POST", "/v1/customers", {"name": "X"}),
    ("GET", "/v1/customers/{customers}", None),
    ("GET", "/v1/customers/{customers}/timeline", None),
    ("PATCH", "/v1/customers/{customers}", {"notes": "X"}),
    ("POST", "/v1/customers/{customers}/blacklist", {"reason": "X"}),
    ("DELETE", "/v1/customers/{customers}/blacklist", None),
    ("DELETE", "/v1/customers/{customers}", None),
    ("POST", "/v1/customers/{customers}/restore", None),
    ("GET", "/v1/lead-statuses", None),
    ("POST", "/v1/lead-statuses", {"name": "X"}),
    ("PUT", "/v1/lead-statuses/order", {"ids": []}),
    ("GET", "/v1/lead-statuses/{lead-statuses}", None),
    ("PATCH", "/v1/lead-statuses/{lead-statuses}", {"name": "X"}),
    ("DELETE", "/v1/lead-statuses/{lead-statuses}", None),
    ("POST", "/v1/lead-statuses/{lead-statuses}/restore", None),
    ("GET", "/v1/lead-sources", None),
    ("POST", "/v1/lead-sources", {"name": "X"}),
    ("GET", "/v1/lead-sources/{lead-sources}", None),
    ("PATCH", "/v1/lead-sources/{lead-sources}", {"name": "X"}),
    ("DELETE", "/v1/lead-sources/{lead-sources}", None),
    ("POST", "/v1/lead-sources/{lead-sources}/restore", None),
    ("GET", "/v1/web-forms", None),
    ("GET", "/v1/web-forms/{web-forms}", None),
    ("PATCH", "/v1/web-forms/{web-forms}", {"active": False}),
    ("POST", "/v1/web-forms/{web-forms}/copy", {"name": "X"}),
    ("DELETE", "/v1/web-forms/{web-forms}", None),
    ("POST", "/v1/web-forms/{web-forms}/restore", None),
    *(("POST", f"/v1/{kind.collection}/{{{kind.collection}}}/purge", None) for kind in REMOVABLES),
)
RECORDS = {"requests": REQUEST, "leads": LEAD, "companies": {"name": "C"},
           "contacts": {"first_name": "A"}, "customers": {"name": "K"}}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def ids(admin: httpx2.AsyncClient, add: Any, firm: Any) -> AsyncIterator[dict[str, str]]:
    """Make one record of each kind, owned by the administrator, and name them."""
    owner = {"owner_id": str(firm.admin.user_id)}
    made = {kind: (await add(kind, **body, **owner))["id"] for kind, body in RECORDS.items()}
    for kind in ("lead-statuses", "lead-sources", "web-forms"):
        made[kind] = (await admin.get(f"/v1/{kind}")).json()["items"][0]["id"]
    yield made


async def test_every_call_needs_a_login_and_its_right(
    intake: ServiceUnderTest, firm: Any, ids: dict[str, str]
) -> None:
    before = len(await intake.said())
    async with intake.client() as anonymous, intake.client(firm.nobody) as nobody:
        for method, path, body in CALLS:
            url = path.format(**ids)
            unknown = await anonymous.request(method, url, json=body)
            assert unknown.status_code == 401, (method, path)
            forbidden = await nobody.request(method, url, json=body)
            assert forbidden.status_code == 403, (method, path)
    assert len(await intake.said()) == before


async def test_records_of_another_department_look_absent(
    intake: ServiceUnderTest, firm: Any, ids: dict[str, str]
) -> None:
    absent = {kind: str(uuid7()) for kind in ids}
    before = len(await intake.said())
    async with intake.client(firm.stranger) as stranger:
        for method, path, body in CALLS:
            if "{" not in path or path.startswith(("/v1/lead-s", "/v1/web-forms")):
                continue
            hidden = await stranger.request(method, path.format(**ids), json=body)
            nothing = await stranger.request(method, path.format(**absent), json=body)
            assert hidden.status_code == nothing.status_code, (method, path, hidden.text)
            assert hidden.status_code in (403, 404), (method, path)
            assert hidden.json() == nothing.json(), (method, path)
        for kind in RECORDS:
            assert (await stranger.get(f"/v1/{kind}")).json()["items"] == []
    assert len(await intake.said()) == before


async def test_a_visible_record_of_a_colleague_is_not_changed_without_the_scope(
    intake: ServiceUnderTest, firm: Any, ids: dict[str, str]
) -> None:
    before = len(await intake.said())
    async with intake.client(firm.manager) as manager:
        for method, path, body in CALLS:
            if "{" not in path:
                continue
            url = path.format(**ids)
            answer = await manager.request(method, url, json=body)
            reads = method == "GET" and not path.startswith("/v1/web-forms")
            expected = 403 if not reads or path.endswith("conversion") else 200
            if path.endswith("conversion"):
                expected = 200
            assert answer.status_code == expected, (method, path, answer.text)
    assert len(await intake.said()) == before


async def test_every_write_to_a_record_minds_its_version(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, ids: dict[str, str]
) -> None:  # GAT-003
    before = len(await intake.said())
    writes = [call for call in CALLS if call[0] != "GET" and "{" in call[1]]
    for method, path, body in writes:
        if path.endswith(("/copy", "/restore", "/purge")):  # about new records, and deleted ones
            continue
        for version, status in (('"0"', 412), ('"99"', 412), ('"x"', 422), ("-1", 422)):
            answer = await admin.request(
                method, path.format(**ids), json=body, headers={"If-Match": version}
            )
            assert answer.status_code == status, (method, path, version, answer.text)
    assert len(await intake.said()) == before
    for step in ("validate", "reopen", "confirm-links", "rematch", "deal"):
        url = f"/v1/requests/{ids['requests']}"
        current = {"If-Match": (await admin.get(url)).headers["ETag"]}
        answer = await admin.post(f"{url}/{step}", headers=current)
        assert answer.is_success, (step, answer.text)


async def test_who_may_only_add_in_the_department_cannot_add_elsewhere(
    intake: ServiceUnderTest, firm: Any
) -> None:  # INT-071
    async with intake.client(firm.manager) as manager:
        mine = (await manager.post("/v1/leads", json=LEAD)).json()
        assert mine["department_id"] == str(firm.sales)
        elsewhere = {**LEAD, "owner_id": str(firm.stranger.user_id)}
        assert (await manager.post("/v1/leads", json=elsewhere)).status_code == 403
        for kind in ("companies", "contacts", "customers", "requests"):
            body = {**RECORDS[kind], "department_id": str(firm.service)}
            if kind != "requests":
                body["owner_id"] = str(firm.stranger.user_id)
                assert (await manager.post(f"/v1/{kind}", json=body)).status_code == 403, kind


async def test_records_out_of_sight_cannot_be_named(
    intake: ServiceUnderTest, firm: Any, ids: dict[str, str]
) -> None:  # INT-032, INT-116
    async with intake.client(firm.stranger) as stranger:
        for kind, body in (
            ("requests", {**REQUEST, "contact_id": ids["contacts"]}),
            ("requests", {**REQUEST, "company_id": ids["companies"]}),
            ("requests", {**REQUEST, "lead_id": ids["leads"]}),
            ("contacts", {"first_name": "A", "company_id": ids["companies"]}),
            ("customers", {"name": "A", "company_id": ids["companies"]}),
            ("customers", {"name": "A", "contact_id": ids["contacts"]}),
        ):
            assert (await stranger.post(f"/v1/{kind}", json=body)).status_code == 422, (kind, body)
        lead = (await stranger.post("/v1/leads", json={"title": "Mine"})).json()
        form = {"customer_name": "A", "company_option": "existing"}
        named = {**form, "company_id": ids["companies"]}
        answer = await stranger.post(f"/v1/leads/{lead['id']}/convert", json=named)
        assert answer.status_code in (403, 422)


async def test_candidates_out_of_sight_have_no_name(
    intake: ServiceUnderTest, firm: Any, add: Any
) -> None:  # INT-026
    for _ in range(2):
        await add("contacts", first_name="Anna", emails=["anna@acme.example"])
    async with intake.client(firm.stranger) as stranger:
        body = {"subject": "P", "first_name": "A", "email": "anna@acme.example"}
        request = (await stranger.post("/v1/requests", json=body)).json()
    assert [candidate["name"] for candidate in request["candidates"]] == [None, None]
