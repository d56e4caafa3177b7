"""One document out of many (GAT-011)."""

from typing import Any

from gateway.domain.openapi import merged


def _document(operation: str, path: str) -> dict[str, Any]:
    ref = {"$ref": "#/components/schemas/Thing"}
    answer = {"200": {"content": {"application/json": {"schema": ref}}}}
    get = {"operationId": operation, "tags": ["things"], "responses": answer}
    union = {"oneOf": [ref], "discriminator": {"mapping": {"thing": ref["$ref"]}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "x", "version": "0.1.0"},
        "paths": {path: {"get": get}, "/elsewhere": {"get": get}},
        "components": {"schemas": {"Thing": {"type": "object"}, "Any": union}},
    }


def test_equal_names_of_two_services_do_not_clash() -> None:
    whole = merged(
        {"deals": _document("list", "/v1/things"), "mail": _document("list", "/v1/things")},
        lambda service, _: service == "mail",
    )
    assert set(whole["paths"]) == {"/api/v1/deals/things", "/api/v1/mail/things"}
    get = whole["paths"]["/api/v1/deals/things"]["get"]
    assert (get["operationId"], get["tags"]) == ("deals_list", ["deals: things"])
    schema = get["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/deals_Thing"}
    union = whole["components"]["schemas"]["deals_Any"]
    assert union["discriminator"]["mapping"]["thing"] == "#/components/schemas/deals_Thing"
    assert whole["security"] == [{"login": []}]
    assert "security" not in get
    assert whole["paths"]["/api/v1/mail/things"]["get"]["security"] == []
    assert [tag["name"] for tag in whole["tags"]] == ["deals: things", "mail: things"]
