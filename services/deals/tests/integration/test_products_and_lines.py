"""Products, and the lines of deals."""

from datetime import timedelta
from typing import Any

from chassis.testing.service import acting_as
from kernel import clock
from kernel.ids import uuid7


def _eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def test_a_product_is_kept_found_and_taken_off_sale_once_used(app: Any) -> None:  # DEA-079
    body = {
        "name": "Läser",
        "code": "L-1",
        "price": {"amount": "0.123456", "currency": "EUR"},
        "kind": "service",
        "category": "Tools",
    }
    product = await app.call("POST", "/products", 201, json=body)
    assert {name: product[name] for name in body} == body
    assert (product["on_sale"], product["version"]) == (True, 1)
    path = f"/products/{product['id']}"
    assert await app.call("GET", path) == product
    for query, number in (
        ("q=laser", 1),
        ("q=l-1", 1),
        ("on_sale=false", 0),
        ("category=Tools", 1),
    ):
        assert len((await app.call("GET", f"/products?{query}"))["items"]) == number, query
    deal = await app.make()
    line = {"product_id": product["id"], "quantity": "2"}
    await app.call("POST", f"/deals/{deal['id']}/outputs", 201, json=line)
    problem = await app.call("DELETE", path, 409)
    assert problem["code"] == "product_in_use"
    off = await app.call("PATCH", path, json={"on_sale": False})
    assert off["version"] == 2
    await app.call("POST", f"/deals/{deal['id']}/outputs", 422, json=line)
    (first, second) = await app.service.said("deals.product.changed")
    assert (first.data["active"], second.data["active"]) == (True, False)
    unused = await app.call("POST", "/products", 201, json={"name": "Unused"})
    await app.call("DELETE", f"/products/{unused['id']}", 204)
    await app.call("GET", f"/products/{unused['id']}", 404)


async def test_wrong_products_are_refused(app: Any) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"name": ""},
        {"name": "x", "price": {"amount": "-1", "currency": "EUR"}},
        {"name": "x", "price": {"amount": "0.1234567", "currency": "EUR"}},
        {"name": "x", "price": {"amount": "1"}},
        {"name": "x", "price": {"amount": "1", "currency": "BRL"}},
        {"name": "x", "kind": "thing"},
        {"name": "x", "department_id": str(uuid7())},
    )
    for body in wrong:
        await app.call("POST", "/products", 422, json=body)
    assert (await app.call("GET", "/products"))["items"] == []
    assert await app.topics() == []


async def test_a_line_computes_price_or_total_and_tells(app: Any) -> None:  # DEA-080, EVT-044
    deal = await app.make()
    path = f"/deals/{deal['id']}/outputs"
    listed = {"name": "Lamp", "price": {"amount": "10", "currency": "EUR"}}
    product = await app.call("POST", "/products", 201, json=listed)
    bodies: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"product_id": product["id"], "quantity": "3"}, "10", "30.00"),
        ({"text": "Work", "quantity": "2", "total": _eur("9")}, "4.5", "9.00"),
        (
            {"text": "Work", "quantity": 4, "unit_price": _eur("2.5"), "discount": "10"},
            "2.5",
            "9.00",
        ),
    )
    for body, price, total in bodies:
        line = await app.call("POST", path, 201, json=body)
        assert (line["unit_price"]["amount"], line["total"]["amount"]) == (price, total)
    changed = await app.call("PATCH", f"/outputs/{line['id']}", json={"quantity": "8"})
    assert (changed["total"]["amount"], changed["version"]) == ("18.00", 2)
    repriced = await app.call("PATCH", f"/outputs/{line['id']}", json={"total": _eur("36")})
    assert repriced["unit_price"]["amount"] == "5"
    shipped = await app.call(
        "PATCH", f"/outputs/{line['id']}", json={"actual_ship_date": "2026-01-01"}
    )
    assert shipped["is_shipped"]
    await app.call("DELETE", f"/deals/{deal['id']}", 409)
    await app.call("DELETE", f"/outputs/{line['id']}", 204)
    assert len((await app.call("GET", path))["items"]) == 2
    topics = [topic for topic in await app.topics() if topic.startswith("output")]
    assert topics == ["output.added"] * 3 + ["output.changed"] * 3 + ["output.removed"]


async def test_a_line_says_how_far_its_shipping_is(app: Any) -> None:  # DEA-080
    deal = await app.make()
    today = clock.today()
    soon, past = str(today + timedelta(days=1)), str(today - timedelta(days=1))
    body = {"text": "Work", "quantity": "1.125", "serial_number": "SN-1", "discount": "12.5"}
    line = await app.call("POST", f"/deals/{deal['id']}/outputs", 201, json=body)
    assert {name: line[name] for name in body} == body
    assert line["shipment_status"] == "no_date"
    for dates, status in (
        ({"contract_ship_date": soon}, "planned"),
        ({"contract_ship_date": str(today)}, "due"),
        ({"contract_ship_date": past}, "overdue"),
        ({"contract_ship_date": None, "planned_ship_date": soon}, "planned"),
        ({"actual_ship_date": str(today)}, "shipped"),
    ):
        changed = await app.call("PATCH", f"/outputs/{line['id']}", json=dates)
        assert changed["shipment_status"] == status, dates


async def test_a_line_of_a_product_off_sale_can_still_be_edited(app: Any) -> None:  # DEA-079
    product = await app.call("POST", "/products", 201, json={"name": "Lamp"})
    deal = await app.make()
    body = {"product_id": product["id"], "quantity": "1"}
    line = await app.call("POST", f"/deals/{deal['id']}/outputs", 201, json=body)
    await app.call("PATCH", f"/products/{product['id']}", json={"on_sale": False})
    path = f"/outputs/{line['id']}"
    changed = await app.call("PATCH", path, json={"text": "The last one", **body})
    assert changed["text"] == "The last one"
    problem = await app.call("PATCH", path, 422, json={"product_id": None, "text": None})
    assert problem["errors"][0]["code"] == "product_or_text_required"


async def test_wrong_lines_are_refused(app: Any) -> None:  # DEA-082
    deal = await app.make()
    path = f"/deals/{deal['id']}/outputs"
    wrong: tuple[dict[str, Any], ...] = (
        {"quantity": "1"},
        {"text": "x"},
        {"text": "x", "quantity": "0"},
        {"text": "x", "quantity": "-1"},
        {"text": "x", "quantity": "1.0001"},
        {"text": "x", "quantity": 1.5},
        {"text": "x", "quantity": "1", "total": {"amount": "5"}},
        {"text": "x", "quantity": "1", "total": "5"},
        {"text": "x", "quantity": "1", "total": {"amount": "5", "currency": "BRL"}},
        {"text": "x", "quantity": "1", "total": _eur("5"), "unit_price": _eur("5")},
        {"text": "x", "quantity": "1", "discount": "101"},
        {"text": "x", "quantity": "1", "discount": "12.345"},
        {"text": "x", "quantity": "1", "discount": "100", "total": _eur("5")},
        {"text": "x", "quantity": "9" * 15, "unit_price": _eur("9" * 12)},
        {"text": "x", "quantity": "0.001", "total": _eur("9" * 15)},
        {"product_id": str(uuid7()), "quantity": "1"},
    )
    for body in wrong:
        await app.call("POST", path, 422, json=body)
    assert (await app.call("GET", path))["items"] == []
    assert await app.topics() == ["deal.created"]


async def test_lines_follow_the_scope_of_their_deal(app: Any) -> None:
    seller = acting_as("deals", "sales_manager", departments=(app.department,))
    stranger = acting_as("deals", "sales_manager", departments=(uuid7(),))
    deal = await app.make()
    path = f"/deals/{deal['id']}/outputs"
    body = {"text": "Work", "quantity": "1"}
    line = await app.call("POST", path, 201, json=body)
    own = f"/outputs/{line['id']}"
    before = await app.topics()
    async with app.service.client() as nobody:
        assert (await nobody.get(f"/v1{path}")).status_code == 401
        assert (await nobody.delete(f"/v1{own}")).status_code == 401
    await app.call("GET", own, actor=seller)
    await app.call("POST", path, 403, actor=seller, json=body)
    await app.call("PATCH", own, 403, actor=seller, json={"quantity": "2"})
    await app.call("DELETE", own, 403, actor=seller)
    await app.call("GET", path, 404, actor=stranger)
    await app.call("GET", own, 404, actor=stranger)
    await app.call("POST", path, 404, actor=stranger, json=body)
    await app.call("PATCH", own, 404, actor=stranger, json={"quantity": "2"})
    assert await app.topics() == before
