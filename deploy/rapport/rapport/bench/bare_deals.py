"""The bare counterpart of the deals' list: the same JSON from one indexed query.

python -m rapport.bench.bare_deals PORT DATABASE
"""

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rapport.bench.bare import serve

PAGE = """
select deal.id, deal.version, deal.code, deal.name, deal.status, deal.amount, deal.currency,
       deal.probability, deal.expected_close, deal.closed_on, deal.next_step, deal.next_step_date,
       deal.priority, deal.important, deal.created_at, deal.pipeline_id, deal.stage_id,
       pipeline.name as pipeline_name, stage.name as stage_name, stage.colour,
       deal.company_id, replica_company.name as company_name,
       deal.customer_id, replica_customer.name as customer_name,
       deal.contact_id, replica_contact.name as contact_name,
       deal.owner_id, replica_user.name as owner_name
  from deal
  join stage on stage.id = deal.stage_id
  join pipeline on pipeline.id = deal.pipeline_id
  left join replica_company on replica_company.id = deal.company_id
  left join replica_customer on replica_customer.id = deal.customer_id
  left join replica_contact on replica_contact.id = deal.contact_id
  left join replica_user on replica_user.id = deal.owner_id
 where deal.deleted_at is null and deal.status = 'open'
 order by deal.created_at desc, deal.id desc limit $1
"""


async def make(pool: asyncpg.Pool, _: list[str]) -> Route:
    """Make the route."""

    async def list_deals(request: Request) -> Response:
        rows = await pool.fetch(PAGE, int(request.query_params["limit"]))
        body = {"items": [_item(row) for row in rows]}
        return Response(
            orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z), media_type="application/json"
        )

    return Route("/deals", list_deals)


def _item(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "version": row["version"],
        "code": row["code"],
        "name": row["name"],
        "status": row["status"],
        "amount": {"currency": row["currency"], "amount": f"{row['amount']:.2f}"},
        "probability": row["probability"],
        "pipeline": {"id": row["pipeline_id"], "name": row["pipeline_name"]},
        "stage": {"id": row["stage_id"], "name": row["stage_name"], "colour": row["colour"]},
        "company": _named(row, "company"),
        "customer": _named(row, "customer"),
        "contact": _named(row, "contact"),
        "owner": _named(row, "owner"),
        "expected_close": row["expected_close"],
        "closed_on": row["closed_on"],
        "next_step": row["next_step"],
        "next_step_date": row["next_step_date"],
        "priority": row["priority"],
        "important": row["important"],
        "created_at": row["created_at"],
    }


def _named(row: asyncpg.Record, what: str) -> dict[str, object] | None:
    record_id = row[f"{what}_id"]
    return None if record_id is None else {"id": record_id, "name": row[f"{what}_name"]}


if __name__ == "__main__":
    serve(make)
