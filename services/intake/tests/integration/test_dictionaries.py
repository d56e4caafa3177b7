"""Lead statuses, lead sources and web forms."""

import asyncio
from typing import Any

import httpx2

from chassis.origin import by_system
from chassis.testing.service import ServiceUnderTest
from intake.commands.shipped import ensure_shipped
from kernel.ids import uuid7


async def statuses(admin: httpx2.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await admin.get("/v1/lead-statuses")).json()["items"]
    return items


async def test_a_new_suite_is_shipped_with_statuses_sources_and_a_form(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient
) -> None:  # INT-022, INT-101, INT-110
    shown = [
        (s["name"], s["is_default"], s["is_final"], s["qualified"]) for s in await statuses(admin)
    ]
    assert shown == [
        ("New", True, False, False), ("Contacted", False, False, False),
        ("Qualified", False, False, True), ("Converted", False, True, False),
        ("Lost", False, True, False), ("Disqualified", False, True, False),
    ]  # fmt: skip
    sources = (await admin.get("/v1/lead-sources")).json()["items"]
    assert {source["name"] for source in sources} == {
        "Website", "Referral", "Cold Call", "Trade Show", "Social Media", "Partner",
        "Advertisement",
    }  # fmt: skip
    assert all(source["active"] for source in sources)
    (form,) = (await admin.get("/v1/web-forms")).json()["items"]
    assert len(form["token"]) >= 20
    assert len(await intake.said("intake.lead_status.changed")) == 6
    assert len(await intake.said("intake.lead_source.changed")) == 7


async def test_starting_again_and_at_once_ships_nothing_twice_and_brings_nothing_back(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient
) -> None:
    before = await intake.said()
    (form,) = (await admin.get("/v1/web-forms")).json()["items"]
    sources = (await admin.get("/v1/lead-sources")).json()["items"]
    await admin.delete(f"/v1/lead-sources/{sources[0]['id']}")

    async def start() -> None:
        async with intake.database.transaction(by_system("shipped")) as session:
            await ensure_shipped(session)

    await asyncio.gather(*(start() for _ in range(4)))
    assert len(await intake.said()) == len(before) + 1
    assert (await admin.get("/v1/web-forms")).json()["items"] == [form]
    assert len((await admin.get("/v1/lead-sources")).json()["items"]) == 6


async def test_there_is_never_more_than_one_default_status(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient
) -> None:  # INT-096, INT-097, INT-098
    made = await admin.post("/v1/lead-statuses", json={"name": "Waiting", "colour": "#AABBCC"})
    assert (made.status_code, made.json()["position"]) == (201, 6)
    for body, status in (
        ({}, 422), ({"name": " "}, 422), ({"name": "x" * 256}, 422), ({"name": "WAITING"}, 409),
        ({"name": "W", "colour": "red"}, 422), ({"name": "W", "code": "w"}, 422),
    ):  # fmt: skip
        answer = await admin.post("/v1/lead-statuses", json=body)
        assert answer.status_code == status, body
    path = f"/v1/lead-statuses/{made.json()['id']}"
    assert (await admin.patch(path, json={"name": "waiting"})).status_code == 200
    assert (await admin.patch(path, json={"name": "NEW"})).status_code == 409
    bodies = [{"name": f"S{number}", "is_default": True} for number in range(4)]
    answers = await asyncio.gather(*(admin.post("/v1/lead-statuses", json=b) for b in bodies))
    assert {answer.status_code for answer in answers} == {201}
    defaults = [status for status in await statuses(admin) if status["is_default"]]
    assert len(defaults) == 1
    default = f"/v1/lead-statuses/{defaults[0]['id']}"
    assert (await admin.delete(default)).status_code == 409
    assert (await admin.patch(default, json={"is_default": False})).status_code == 409
    assert (await admin.patch(path, json={"is_default": True})).status_code == 200
    assert (await admin.delete(default)).status_code == 204
    last = (await intake.said("intake.lead_status.changed"))[-1]
    assert last.data["deleted"] is True


async def test_used_and_system_statuses_are_kept(
    admin: httpx2.AsyncClient, add: Any
) -> None:  # INT-099
    by_code = {status["code"]: status["id"] for status in await statuses(admin)}
    await add("leads", title="Pumps", status_id=by_code["contacted"])
    assert (await admin.delete(f"/v1/lead-statuses/{by_code['contacted']}")).status_code == 409
    for code in ("converted", "lost", "disqualified"):
        path = f"/v1/lead-statuses/{by_code[code]}"
        assert (await admin.delete(path)).status_code == 409
        assert (await admin.patch(path, json={"is_final": False})).status_code == 409
        assert (await admin.patch(path, json={"name": f"My {code}"})).status_code == 200
    assert (await admin.delete(f"/v1/lead-statuses/{by_code['qualified']}")).status_code == 204


async def test_what_a_setting_names_is_kept(
    admin: httpx2.AsyncClient, add: Any, prefer: Any
) -> None:  # INT-085
    status = next(status["id"] for status in await statuses(admin) if not status["is_default"])
    source = (await admin.get("/v1/lead-sources")).json()["items"][0]["id"]
    await prefer("leads.default_status", status)
    await prefer("leads.default_source", source)
    for path, code in (
        (f"/v1/lead-statuses/{status}", "status_is_default_setting"),
        (f"/v1/lead-sources/{source}", "source_is_default_setting"),
    ):
        refused = await admin.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert (await admin.get(path)).status_code == 200
    lead = await add("leads", title="L")
    assert (lead["status"]["id"], lead["source_id"]) == (status, source)


async def test_statuses_are_put_in_order(admin: httpx2.AsyncClient) -> None:  # INT-100
    ids = [status["id"] for status in await statuses(admin)]
    wanted = [ids[2], ids[0]]
    answer = await admin.put("/v1/lead-statuses/order", json={"ids": wanted})
    assert answer.status_code == 200, answer.text
    expected = [ids[2], ids[0], ids[1], *ids[3:]]
    assert [status["id"] for status in answer.json()["items"]] == expected
    assert [status["id"] for status in await statuses(admin)] == expected
    for wrong in ([*wanted, str(uuid7())], [ids[0], ids[0]], ["x"]):
        refused = await admin.put("/v1/lead-statuses/order", json={"ids": wrong})
        assert refused.status_code == 422
    made = (await admin.post("/v1/lead-statuses", json={"name": "Last"})).json()
    assert (await statuses(admin))[-1]["id"] == made["id"]


async def test_sources_are_unique_in_their_department_and_can_be_switched_off(
    intake: ServiceUnderTest, admin: httpx2.AsyncClient, firm: Any, add: Any
) -> None:  # INT-108
    fair = {"name": "Fair", "department_id": str(firm.sales)}
    for body, status in (
        (fair, 201), ({**fair, "name": "FAIR"}, 409), ({"name": "Fair"}, 201),
        ({"name": "fair"}, 409), ({**fair, "department_id": str(firm.service)}, 201), ({}, 422),
        ({"name": "X", "department_id": str(uuid7())}, 422),
    ):  # fmt: skip
        answer = await admin.post("/v1/lead-sources", json=body)
        assert answer.status_code == status, (body, answer.text)
    made = (await admin.get("/v1/lead-sources?active=true")).json()["items"]
    source = next(s for s in made if s["department_id"] == str(firm.sales))
    path = f"/v1/lead-sources/{source['id']}"
    off = await admin.patch(path, json={"active": False})
    assert off.json()["active"] is False
    (shown,) = (await admin.get("/v1/lead-sources?active=false")).json()["items"]
    assert shown["id"] == source["id"]
    event = (await intake.said("intake.lead_source.changed"))[-1]
    assert event.data["active"] is False
    await add("leads", title="L", source_id=source["id"])
    assert (await admin.delete(path)).status_code == 409
    assert (await admin.get("/v1/lead-sources?limit=2&sort=-name")).json()["next_cursor"]


async def test_a_copied_form_has_a_token_of_its_own(
    admin: httpx2.AsyncClient, visitor: httpx2.AsyncClient, firm: Any
) -> None:  # INT-003, INT-022
    (form,) = (await admin.get("/v1/web-forms")).json()["items"]
    made = await admin.post(f"/v1/web-forms/{form['id']}/copy", json={"name": "Service"})
    assert made.status_code == 201, made.text
    copy = made.json()
    assert copy["token"] != form["token"]
    path = f"/v1/web-forms/{copy['id']}"
    changed = await admin.patch(path, json={"department_id": str(firm.service)})
    assert changed.status_code == 200, changed.text
    assert (await admin.patch(path, json={"source_id": str(uuid7())})).status_code == 422
    letter = {"name": "Anna", "subject": "Broken", "email": "anna@acme.example"}
    await visitor.post(f"/v1/public/forms/{copy['token']}", json=letter)
    (request,) = (await admin.get("/v1/requests")).json()["items"]
    assert request["department_id"] == str(firm.service)
    lead = (await admin.get(f"/v1/leads/{request['lead_id']}")).json()
    assert lead["department_id"] == str(firm.service)


async def test_what_was_made_is_found_at_its_location(
    admin: httpx2.AsyncClient,
) -> None:  # GAT-001, GAT-003
    (form,) = (await admin.get("/v1/web-forms")).json()["items"]
    for path, body in (
        ("lead-statuses", {"name": "Waiting"}), ("lead-sources", {"name": "Fair"}),
        (f"web-forms/{form['id']}/copy", {"name": "Service"}),
    ):  # fmt: skip
        made = await admin.post(f"/v1/{path}", json=body)
        found = await admin.get(made.headers["Location"])
        assert (found.status_code, found.json()) == (200, made.json())
        assert found.headers["ETag"] == made.headers["ETag"]
        absent = made.headers["Location"].replace(made.json()["id"], str(uuid7()))
        assert (await admin.get(absent)).status_code == 404
        if not path.startswith("web-forms"):
            assert (await admin.delete(made.headers["Location"])).status_code == 204
            assert (await admin.get(made.headers["Location"])).status_code == 404
