"""The API described (GAT-011)."""

import re
from typing import Any

import pytest

Suite = Any


async def test_one_document_describes_every_service(suite: Suite) -> None:
    client = suite.client()
    answer = await client.get("http://gateway/api/v1/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert {"/api/v1/deals/deals", "/api/v1/gateway/users", "/api/v1/gateway/me"} <= set(paths)
    assert paths["/api/v1/gateway/login"]["post"]["security"] == []
    assert "security" not in paths["/api/v1/gateway/users"]["get"]
    names = [
        operation["operationId"]
        for item in paths.values()
        for operation in item.values()
        if "operationId" in operation
    ]
    assert len(names) == len(set(names))
    assert "gateway_users_list_users" in names
    schemas = document["components"]["schemas"]
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert referred <= set(schemas)
    assert "gateway_UserOut" in schemas
    assert (await client.get("http://gateway/api/v1/openapi.json")).content == answer.content


async def test_every_call_described_exists_and_wants_a_login(suite: Suite) -> None:
    """GAT-011, GAT-027: generated from the document."""
    client = suite.client()
    document = (await client.get("http://gateway/api/v1/openapi.json")).json()
    for path, item in document["paths"].items():
        if not path.startswith("/api/v1/gateway/"):
            continue
        address = "http://gateway" + re.sub(
            r"\{[^}]*\}", "01a2008d-366f-70c1-a4d6-48f00f2329b5", path
        )
        for method, operation in item.items():
            answer = await client.request(method, address, json={})
            if operation.get("security") == []:
                assert answer.status_code in (401, 422), path
            else:
                assert answer.status_code == 401, path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/docs", "text/html"),
        ("/docs/docs.js", "text/javascript"),
        ("/docs/swagger-ui-bundle.js", "text/javascript"),
        ("/docs/swagger-ui.css", "text/css"),
    ],
)
async def test_the_page_comes_from_here_alone(suite: Suite, path: str, kind: str) -> None:
    answer = await suite.client().get(f"http://gateway{path}")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    if kind == "text/html":
        assert "http" not in answer.text.replace("http-equiv", "")
        assert not re.search(r"<script(?! src=)|\son\w+=", answer.text)


@pytest.mark.parametrize("name", ["../app.py", "redoc.standalone.js", "docs.html", "%2e%2e/app.py"])
async def test_nothing_else_is_served(suite: Suite, name: str) -> None:
    assert (await suite.client().get(f"http://gateway/docs/{name}")).status_code == 404
