"""One OpenAPI document out of those of all services (GAT-011)."""

from collections.abc import Callable, Mapping
from typing import Any

Document = Mapping[str, Any]

SCHEMAS = "#/components/schemas/"
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
LOGIN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The access_token that POST /api/v1/gateway/login answers.",
}


def merged(documents: Mapping[str, Document], is_public: Callable[[str, str], bool]) -> Document:
    """Merge the documents of services, by name; `is_public(service, path)` needs no login.

    Paths are those at the gateway; operations, tags and schemas are named after their service.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for service, document in sorted(documents.items()):
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            schemas[f"{service}_{name}"] = _renamed(schema, service)
        for path, item in document["paths"].items():
            if path.startswith("/v1/"):
                public = is_public(service, path)
                paths[f"/api/v1/{service}{path.removeprefix('/v1')}"] = {
                    key: _operation(value, service, public=public) if key in METHODS else value
                    for key, value in _renamed(item, service).items()
                }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rapport",
            "version": max((d["info"]["version"] for d in documents.values()), default="0"),
            "description": "Every service of the suite, as the gateway answers for them.",
        },
        "security": [{"login": []}],
        "tags": [
            {"name": tag}
            for tag in dict.fromkeys(
                tag
                for item in paths.values()
                for key, operation in item.items()
                if key in METHODS
                for tag in operation.get("tags", ())
            )
        ],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"login": LOGIN}},
    }


def _operation(operation: Mapping[str, Any], service: str, *, public: bool) -> dict[str, Any]:
    named = {
        **operation,
        "operationId": f"{service}_{operation['operationId']}",
        "tags": [f"{service}: {tag}" for tag in operation.get("tags", ())] or [service],
    }
    named.pop("security", None)
    if public:
        named["security"] = []
    return named


def _renamed(value: Any, service: str) -> Any:
    """Let every reference to a schema name the schema of its own service."""
    if isinstance(value, Mapping):
        return {key: _renamed(part, service) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, service) for part in value]
    if isinstance(value, str) and value.startswith(SCHEMAS):
        return f"{SCHEMAS}{service}_{value.removeprefix(SCHEMAS)}"
    return value
