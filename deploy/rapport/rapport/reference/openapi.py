"""OpenAPI 3.1 of each service, and of all of them as the gateway serves it (GAT-011)."""

from typing import Final

import httpx2
from fastapi import FastAPI

from rapport.reference.rendering import FOLDER, Files, as_json
from rapport.reference.suite import Suite
from rapport.services import GATEWAY

MERGED: Final = "/api/v1/openapi.json"


async def openapi_files(suite: Suite) -> Files:
    """Answer a document per service and the merged one."""
    documents = {name: app.openapi() for name, app in suite.apps.items()}
    documents["rapport"] = await _served(suite.apps[GATEWAY])
    return {f"{FOLDER}/openapi/{name}.json": as_json(each) for name, each in documents.items()}


async def _served(gateway: FastAPI) -> dict[str, object]:
    """Ask the gateway, so that what is committed is what clients get."""
    transport = httpx2.ASGITransport(gateway)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get(MERGED)
    document: dict[str, object] = answer.raise_for_status().json()
    return document
