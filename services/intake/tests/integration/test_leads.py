"""Leads."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
from sqlalchemy import update

from chassis.testing.service import ServiceUnderTest
from intake.models import LeadStatus
from kernel.ids import uuid7

UNKNOWN = str(uuid7())
FULL = {
    "title": "Pump station", "description": "Two pumps", "contact_name": "Anna Berg",
    "contact_email": "anna@acme.example", "contact_phone": "030 1234567",
    "company_name": "Acme GmbH", "value": {"currency": "EUR", "amount": "12000.50"},
    "emails": ["a.berg@home.example"], "phones": ["0171 7654321"], "mobile": "0172 7654321",
    "job_title": "Buyer", "website": "www.acme.example", "street": "Weg 1", "city": "Bonn",
    "state": "NRW", "postal_code": "53111", "country": "DE", "industries": ["Water"],
    "client_type": "Public", "priority": 3, "notes": "Call later", "birth_date": "1980-02-29",
    "do_not_email": True,
}  # fmt: skip


async def test_a_lead_needs_only_a_title_and_keeps_everything_else(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-071, INT-078, INT-079, INT-080, INT-085, INT-089
    bare = await add("leads", title="Only a title")
    assert (bare["status"]["code"], bare["source_id"], bare["owner_id"]) == ("new", None, None)
    source = (await admin.get("/v1/lead-sources")).json()["items"][0]
    who = {"owner_id": str(firm.manager.user_id), "co_owner_id": str(firm.operator.user_id)}
    lead = await add("leads", **FULL, **who, source_id=source["id"], team_id=str(firm.team))
    read = await admin.get(f"/v1/leads/{lead['id']}")
    assert read.json() == lead
    assert read.headers["ETag"] == f'"{lead["version"]}"'
    assert {name: lead[name] for name in FULL} == FULL
    assert (lead["source_name"], lead["owner_name"]) == (source["name"], "Mia")
    assert lead["department_id"] == str(firm.sales)
    assert (lead["crm_ref"], lead["phone_e164"]) == (lead["id"], "+49301234567")
    created, assigned = (await intake.said("intake.lead.created", "intake.lead.assigned"))[1:]
    assert (created.data["lead_id"], created.data["value"]) == (lead["id"], FULL["value"])
    assert assigned.data["owner_id"] == str(firm.manager.user_id)
    assert assigned.teamid == firm.team


WRONG: tuple[tuple[Any, ...], ...] = (
    ({"title": None}, "/title"),
    ({"title": "x" * 256}, "/title"),
    ({"contact_name": "x" * 201}, "/contact_name"),
    ({"contact_name": "Dr."}, "/contact_name"),
    ({"contact_email": "a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 30 + ".de"},
     "/contact_email"),
    ({"contact_email": "anna@@acme"}, "/contact_email"),
    ({"contact_phone": "1" * 51}, "/contact_phone"),
    ({"contact_phone": "123 456"}, "/contact_phone"),
    ({"mobile": "1" * 51}, "/mobile"),
    ({"phones": ["1" * 51]}, "/phones/0"),
    ({"company_name": "x" * 256}, "/company_name"),
    ({"website": "www." + "x" * 60 + ".example/" + "y" * 200}, "/website"),
    ({"state": "x" * 101}, "/state"),
    ({"country": "x" * 101}, "/country"),
    ({"city": "x" * 101}, "/city"),
    ({"postal_code": "1" * 21}, "/postal_code"),
    ({"priority": 5}, "/priority"),
    ({"priority": "3"}, "/priority"),
    ({"value": {"amount": "-1", "currency": "EUR"}}, "/value"),
    ({"value": {"amount": "NaN", "currency": "EUR"}}, "/value/amount"),
    ({"value": {"amount": 1.5, "currency": "EUR"}}, "/value/amount"),
    ({"source_id": UNKNOWN}, "/source_id"),
    ({"status_id": UNKNOWN}, "/status_id"),
    ({"status_id": None}, "/status_id"),
    ({"owner_id": UNKNOWN}, "/owner_id"),
    ({"birth_date": 315_532_800}, "/birth_date"),
    ({"birth_date": "1981-02-29"}, "/birth_date"),
    ({"website": "no site"}, "/website"),
    ({"customer_id": UNKNOWN}, "/customer_id"),
    ({"emails": ["x"]}, "/emails/0"),
)  # fmt: skip


async def test_a_wrong_field_is_named_and_nothing_is_stored(
    intake: ServiceUnderTest,
    admin: httpx2.AsyncClient,
) -> None:  # INT-007, INT-008, INT-078, INT-081
    for change, field in WRONG:
        answer = await admin.post("/v1/leads", json={"title": "Pumps", **change})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert await intake.said("intake.lead.created") == []


async def test_the_address_of_a_lead_is_unique(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-082, INT-083
    anna = await add("leads", title="Anna", contact_email="anna@acme.example")
    taken = await admin.post("/v1/leads", json={"title": "B", "contact_email": "ANNA@ACME.example"})
    assert (taken.status_code, taken.json()["code"]) == (409, "lead_email_taken")
    assert taken.json()["lead_id"] == anna["id"]
    assert "Anna" in taken.json()["detail"]
    for title in ("One", "Two"):
        await add("leads", title=title)
    kept = await admin.patch(f"/v1/leads/{anna['id']}", json={"contact_email": "Anna@acme.example"})
    assert (kept.status_code, kept.json()["contact_email"]) == (200, "Anna@acme.example")
    bo = await add("leads", title="Bo", contact_email="bo@acme.example")
    stolen = await admin.patch(
        f"/v1/leads/{bo['id']}", json={"title": "X", "contact_email": "anna@acme.example"}
    )
    assert stolen.status_code == 409
    after = (await admin.get(f"/v1/leads/{bo['id']}")).json()
    assert (after["title"], after["contact_email"], after["version"]) == (
        "Bo", "bo@acme.example", bo["version"],
    )  # fmt: skip
    assert (await admin.delete(f"/v1/leads/{anna['id']}")).status_code == 204
    await add("leads", title="New Anna", contact_email="anna@acme.example")
    assert len(await intake.said("intake.lead.deleted")) == 1


async def test_a_whole_lead_is_put_in_place_of_the_old_one(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-083, GAT-003
    contacted = (await admin.get("/v1/lead-statuses")).json()["items"][1]["id"]
    source = (await admin.get("/v1/lead-sources")).json()["items"][0]["id"]
    who = {"owner_id": str(firm.manager.user_id), "team_id": str(firm.team)}
    lead = await add("leads", **FULL, **who, status_id=contacted, source_id=source)
    path, etag = f"/v1/leads/{lead['id']}", {"If-Match": f'"{lead["version"]}"'}
    same = {**FULL, **who, "status_id": contacted, "source_id": source}
    kept = await admin.put(path, json=same, headers=etag)
    assert (kept.status_code, kept.json()) == (200, lead)
    short = {"title": "Pumps", "contact_email": "ANNA@acme.example"}
    put = await admin.put(path, json=short, headers=etag)
    assert put.status_code == 200, put.text
    bare = await add("leads", title="Pumps")
    fields = {*FULL, *who, "source_id", "status", "co_owner_id"} - {"contact_email"}
    assert {name: put.json()[name] for name in fields} == {name: bare[name] for name in fields}
    assert put.json()["contact_email"] == "ANNA@acme.example"
    assert put.json()["department_id"] == lead["department_id"]
    assert (await admin.get(path)).json() == put.json()
    assert (await admin.get("/v1/leads?q=home.example")).json()["items"] == []
    moved = (await intake.said("intake.lead.status_changed"))[-1]
    assert (moved.data["old_id"], moved.data["new_id"]) == (contacted, bare["status"]["id"])
    assert (await intake.said("intake.lead.assigned"))[-1].data["owner_id"] is None


async def test_a_wrong_whole_lead_changes_nothing(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-078, INT-083, INT-106, GAT-003
    await add("leads", title="Anna", contact_email="anna@acme.example")
    lead = await add("leads", **{**FULL, "contact_email": "bo@acme.example"})
    path, before = f"/v1/leads/{lead['id']}", len(await intake.said())
    converted = (await admin.get("/v1/lead-statuses")).json()["items"][3]["id"]
    for body, headers, status in (
        ({"title": "X", "contact_email": "Anna@ACME.example"}, {}, 409),
        ({"contact_email": "bo@acme.example"}, {}, 422),
        ({"title": "X", "status_id": None}, {}, 422),
        ({"title": "X", "status_id": UNKNOWN}, {}, 422),
        ({"title": "X", "source_id": UNKNOWN}, {}, 422),
        ({"title": "X", "status_id": converted}, {}, 409),
        ({"title": "X", "version": 1}, {}, 422),
        ({"title": "X"}, {"If-Match": '"99"'}, 412),
    ):
        answer = await admin.put(path, json=body, headers=headers)
        assert answer.status_code == status, (body, answer.text)
        assert (await admin.get(path)).json() == lead
    assert len(await intake.said()) == before
    assert (await admin.post(f"{path}/convert", json={"mode": "auto"})).status_code == 200
    assert (await admin.put(path, json={"title": "X"})).json()["code"] == "lead_converted"


async def test_saving_the_same_owner_again_moves_and_refuses_nothing(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-071, INT-072
    owner = {"owner_id": str(firm.manager.user_id), "team_id": str(firm.team)}
    lead = await add("leads", title="L", **owner, department_id=str(firm.service))
    path = f"/v1/leads/{lead['id']}"
    rights = {"lead.view": "all", "lead.change": "all"}
    async with intake.client(replace(firm.admin, rights=rights)) as editor:
        assert (await editor.patch(path, json=owner)).json() == lead
        assert (await editor.put(path, json={"title": "L", **owner})).json() == lead
        for taken in ({"owner_id": None}, {"department_id": str(firm.sales)}):
            assert (await editor.patch(path, json=taken)).status_code == 403
        assert (await editor.put(path, json={"title": "L"})).status_code == 403
    assert (await admin.get(path)).json() == lead


async def test_settings_choose_the_status_and_source_of_a_new_lead(
    admin: httpx2.AsyncClient, add: Any, prefer: Any
) -> None:  # INT-085
    statuses = {s["code"]: s["id"] for s in (await admin.get("/v1/lead-statuses")).json()["items"]}
    sources = {s["name"]: s["id"] for s in (await admin.get("/v1/lead-sources")).json()["items"]}
    await prefer("leads.default_status", statuses["contacted"])
    await prefer("leads.default_source", sources["Partner"])
    lead = await add("leads", title="Pumps")
    assert (lead["status"]["code"], lead["source_name"]) == ("contacted", "Partner")
    await admin.patch(f"/v1/leads/{lead['id']}", json={"status_id": statuses["new"]})
    put = (await admin.put(f"/v1/leads/{lead['id']}", json={"title": "Pumps"})).json()
    assert (put["status"]["code"], put["source_name"]) == ("contacted", "Partner")
    chosen = {"status_id": statuses["new"], "source_id": sources["Referral"]}
    lead = await add("leads", title="Pumps", **chosen)
    assert (lead["status"]["code"], lead["source_name"]) == ("new", "Referral")


async def test_without_any_default_status_one_must_be_chosen(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-085
    statuses = (await admin.get("/v1/lead-statuses")).json()["items"]
    async with intake.database.engine.begin() as connection:
        await connection.execute(update(LeadStatus).values(is_default=False))
    refused = await admin.post("/v1/leads", json={"title": "Pumps"})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["/status_id"]
    assert await intake.said("intake.lead.created") == []
    await add("leads", title="Pumps", status_id=statuses[0]["id"])


async def test_of_simultaneous_leads_with_one_address_one_is_stored(
    admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, form: str
) -> None:  # INT-082, INT-084
    bodies = [{"title": "L", "contact_email": f"{name}@acme.example"} for name in ("anna", "ANNA")]
    letter = {"name": "Anna", "subject": "Pumps", "email": "anna@acme.example"}
    answers = await asyncio.gather(
        *(admin.post("/v1/leads", json=body) for body in bodies * 4),
        *(visitor.post(form, json=letter) for _ in range(3)),
    )
    made = [answer.status_code for answer in answers[:8]]
    assert made.count(201) <= 1
    assert set(made) <= {201, 409}
    assert [answer.status_code for answer in answers[8:]] == [201] * 3
    leads = (await admin.get("/v1/leads")).json()["items"]
    assert [lead["contact_email"].lower() for lead in leads] == ["anna@acme.example"]


async def test_the_list_shows_filters_and_finds(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-086, INT-087, GAT-008, GAT-009
    statuses = {s["code"]: s for s in (await admin.get("/v1/lead-statuses")).json()["items"]}
    sources = {s["name"]: s for s in (await admin.get("/v1/lead-sources")).json()["items"]}
    contacted, referral = statuses["contacted"]["id"], sources["Referral"]["id"]
    await add("leads", **FULL, status_id=contacted, source_id=referral)
    await add("leads", title="Çöp Şiş", status_id=contacted)
    await add("leads", title="100% sure", source_id=referral, owner_id=str(firm.manager.user_id))

    async def titles(**query: str) -> list[str]:
        answer = await admin.get("/v1/leads", params=query)
        assert answer.status_code == 200, answer.text
        return [item["title"] for item in answer.json()["items"]]

    (first,) = (await admin.get("/v1/leads", params={"q": "pump"})).json()["items"]
    assert first["status"]["colour"] == statuses["contacted"]["colour"]
    assert (first["source_name"], first["value"]) == ("Referral", FULL["value"])
    assert await titles(status_id=contacted) == ["Çöp Şiş", "Pump station"]
    assert await titles(source_id=referral) == ["100% sure", "Pump station"]
    assert await titles(status_id=contacted, source_id=referral) == ["Pump station"]
    assert await titles(owner_id=str(firm.manager.user_id)) == ["100% sure"]
    assert await titles(sort="title") == ["100% sure", "Çöp Şiş", "Pump station"]
    for q, found in (
        ("cop sis", ["Çöp Şiş"]), ("ACME", ["Pump station"]), ("%", ["100% sure"]), ("_", []),
        ("\\", []), ("030-1234", ["Pump station"]), ("a.berg@home", ["Pump station"]), ("zzz", []),
    ):  # fmt: skip
        assert await titles(q=q) == found, q
    for query in ("colour=red", "sort=secret", "limit=0", "status_id=x", "q=" + "x" * 201):
        assert (await admin.get(f"/v1/leads?{query}")).status_code == 422, query
    with intake.statements() as one:
        await admin.get("/v1/leads?limit=1")
    with intake.statements() as three:
        await admin.get("/v1/leads?limit=3")
    assert len(one) == len(three)


async def test_moving_a_lead_is_told_and_audited(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-104, INT-101
    statuses = {s["code"]: s["id"] for s in (await admin.get("/v1/lead-statuses")).json()["items"]}
    lead = await add("leads", title="Pumps")
    path = f"/v1/leads/{lead['id']}"
    moved = (await admin.patch(path, json={"status_id": statuses["qualified"]})).json()
    assert moved["status"]["code"] == "qualified"
    assert moved["date_qualified"] is not None
    lost = (await admin.patch(path, json={"status_id": statuses["lost"]})).json()
    assert lost["date_lost"] is not None
    back = (await admin.patch(path, json={"status_id": statuses["contacted"]})).json()
    assert back["date_lost"] is None
    assert (await admin.patch(path, json={"status_id": UNKNOWN})).status_code == 422
    by_hand = await admin.patch(path, json={"status_id": statuses["converted"]})
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "status_by_conversion")
    events = await intake.said("intake.lead.status_changed")
    assert [(e.data["is_final"], e.data["qualified"]) for e in events] == [
        (False, True), (True, False), (False, False),
    ]  # fmt: skip
    entries = (await admin.get(f"{path}/timeline")).json()["items"]
    assert [entry["action"] for entry in entries] == ["moved", "moved", "moved", "created"]
    assert entries[2]["changes"]["status_id"] == [statuses["new"], statuses["qualified"]]


async def test_assigning_a_lead_is_told_only_when_it_changes(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, add: Any, firm: Any
) -> None:  # INT-071
    lead = await add("leads", title="Pumps", owner_id=str(firm.manager.user_id))
    path = f"/v1/leads/{lead['id']}"
    for _ in range(2):
        await admin.patch(path, json={"owner_id": str(firm.stranger.user_id)})
    after = (await admin.get(path)).json()
    assert (after["owner_name"], after["department_id"]) == ("Sven", str(firm.service))
    first, second = await intake.said("intake.lead.assigned")
    assert (first.data["old_owner_id"], first.data["owner_id"]) == (
        None, str(firm.manager.user_id),
    )  # fmt: skip
    assert second.data["old_owner_id"] == str(firm.manager.user_id)
    for field in ("owner_id", "co_owner_id"):
        answer = await admin.patch(path, json={field: str(firm.former)})
        assert answer.status_code == 422
