"""The bare counterpart of a web form: the same rows into the same tables, and nothing else.

    python -m rapport.bench.bare_submission PORT DATABASE TICKET

TICKET is that of a submission with the number `EXAMPLE`, whose rows are the pattern.
"""

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.ids import ticket
from rapport.bench.bare import serve
from rapport.bench.written import find_written, new_ids

EXAMPLE = 73519264
DIGITS = len(str(EXAMPLE))
FORM = """{
    "name": "Vera Wanderer{n}",
    "subject": "Pumps for plant {n}",
    "email": "vera@wanderer{n}.example",
    "phone": "+49 30 {n}",
    "company": "Wanderer {n} GmbH",
    "country": "DE",
    "city": "Berlin",
    "message": "We replace the circulation pumps of our plant in spring and ask for an offer: \
twelve pieces, 400 V, delivery to Berlin. Please tell us as well what the maintenance costs."
}"""
"""A visitor nobody knows, so that a lead is made too."""

TRANSACTION = "select xmin::text from request where ticket = $1"


async def make(pool: asyncpg.Pool, rest: list[str]) -> Route:
    """Make the route from the rows that the example wrote."""
    (example_ticket,) = rest
    async with pool.acquire() as database:
        transaction = await database.fetchval(TRANSACTION, example_ticket)
        changing = [str(EXAMPLE), example_ticket]
        inserts, ids = await find_written(database, transaction, changing)

    async def submit(request: Request) -> Response:
        submission = orjson.loads(await request.body())
        number, new_ticket = submission["phone"][-DIGITS:], ticket()
        fresh = {**new_ids(ids), str(EXAMPLE): number, example_ticket: new_ticket}
        async with pool.acquire() as database, database.transaction():
            for insert in inserts:
                await database.executemany(insert.sql, insert.like(fresh))
        receipt = {"ticket": new_ticket, "message": f"Thank you, {submission['name']}."}
        return Response(orjson.dumps(receipt), 201, media_type="application/json")

    return Route("/submission", submit, methods=["POST"])


if __name__ == "__main__":
    serve(make)
