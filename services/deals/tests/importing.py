"""Files of deals for the tests of imports, and how they are brought in."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

from deals.commands.imports.jobs import run_imports

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MAPPING = {
    "Id": "external_id",
    "Title": "name",
    "Stage": "stage",
    "Agent": "owner",
    "Account": "company",
    "Client": "customer",
    "Product": "product",
    "Value": "amount",
    "From": "created",
    "To": "closed",
    "Why": "lost_reason",
}


def file_of(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(MAPPING))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


async def start(app: Any, content: str | bytes, status: int = 202, **values: Any) -> Any:
    form = {
        "mapping": json.dumps(values.pop("mapping", MAPPING)),
        "options": json.dumps(values.pop("options", {})),
    }
    files = {"file": ("deals.csv", content)}
    return await app.call("POST", "/imports", status, data=form, files=files, **values)


async def bring(app: Any, content: str | bytes, **values: Any) -> dict[str, Any]:
    job = await start(app, content, **values)
    assert job["state"] == "waiting"
    await run_imports(app.service.database)
    done: dict[str, Any] = await app.call("GET", f"/imports/{job['id']}")
    assert done["state"] == "finished", done
    return done
