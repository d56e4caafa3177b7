"""The figures of a proof, computed from the two databases alone."""

from dataclasses import asdict, dataclass, fields

import asyncpg

LOG_AND_STATE = """
select (select count(*) from change) as changes,
       (select count(*) from change c where not exists
           (select from event_log e where e.topic = 'ledger.account.booked'
               and e.aggregate_id = c.account_id and e.aggregate_version = c.version)) as silent,
       (select count(*) from event_log e where e.topic = 'ledger.account.booked' and not exists
           (select from change c where c.account_id = e.aggregate_id
               and c.version = e.aggregate_version)) as phantom,
       (select count(*) from event_log where seq is null) as unsequenced,
       (select coalesce(max(seq), 0) - count(seq) from event_log) as gaps
"""
BOOKED = """
select event_id, aggregate_id, aggregate_version as version,
       (envelope->'data'->>'amount')::bigint as amount,
       (envelope->'data'->>'poison')::boolean as poison
  from event_log where topic = 'ledger.account.booked'
"""
INVERSIONS = """
select count(*) from (select version < max(version) over
    (partition by account_id order by id rows between unbounded preceding and 1 preceding) as late
    from booking) as places where late
"""


@dataclass(frozen=True)
class Verdict:
    """What must be zero, and how much it was measured on."""

    events: int
    poison: int
    missing: int
    phantom: int
    double_effects: int
    inversions: int
    accounts_that_differ: int
    poison_not_parked: int
    invalid_not_parked: int
    gaps_in_seq: int

    @property
    def faults(self) -> list[str]:
        """Answer the figures that should be zero and are not."""
        neutral = {"events", "poison"}
        return [
            field.name
            for field in fields(self)
            if field.name not in neutral and getattr(self, field.name) != 0
        ]

    def figures(self) -> dict[str, int]:
        """Answer all figures by name."""
        return asdict(self)


async def judge(ledger: str, mirror: str, *, invalid: int) -> Verdict:
    """Compare the mirror with the ledger; `invalid` unreadable messages were sent besides."""
    source, copy = await asyncpg.connect(ledger), await asyncpg.connect(mirror)
    try:
        state = await source.fetchrow(LOG_AND_STATE)
        booked = {row["event_id"]: row for row in await source.fetch(BOOKED)}
        heard = await copy.fetch("select event_id, account_id, amount from booking")
        failed = await copy.fetch("select event_id, topic, state from failed_event")
        inversions = await copy.fetchval(INVERSIONS)
        balances = dict(await copy.fetch("select id, balance from mirrored_account"))
    finally:
        await source.close()
        await copy.close()
    poison = {event_id for event_id, row in booked.items() if row["poison"]}
    good = booked.keys() - poison
    heard_ids = [row["event_id"] for row in heard]
    expected: dict[object, int] = {}
    for event_id in good:
        row = booked[event_id]
        expected[row["aggregate_id"]] = expected.get(row["aggregate_id"], 0) + row["amount"]
    parked = {row["event_id"] for row in failed if row["state"] == "parked" and row["topic"]}
    unreadable = [row for row in failed if row["topic"] is None and row["state"] == "parked"]
    return Verdict(
        events=len(booked),
        poison=len(poison),
        missing=len(good - set(heard_ids)) + state["silent"] + state["unsequenced"],
        phantom=len(set(heard_ids) - good) + state["phantom"],
        double_effects=len(heard_ids) - len(set(heard_ids)),
        inversions=inversions,
        accounts_that_differ=sum(
            balances.get(account, 0) != total for account, total in expected.items()
        ),
        poison_not_parked=len(poison ^ parked),
        invalid_not_parked=invalid - len(unreadable),
        gaps_in_seq=state["gaps"],
    )


async def events_so_far(ledger: str) -> int:
    """Answer how many bookings were said."""
    source = await asyncpg.connect(ledger)
    try:
        number: int = await source.fetchval(
            "select count(*) from event_log where topic = 'ledger.account.booked'"
        )
    finally:
        await source.close()
    return number


async def settled(ledger: str, mirror: str) -> bool:
    """Answer whether everything said has been heard, or parked."""
    source, copy = await asyncpg.connect(ledger), await asyncpg.connect(mirror)
    try:
        said = await source.fetchval(
            "select count(*) from event_log where topic = 'ledger.account.booked'"
        )
        heard = await copy.fetchval("select count(distinct event_id) from booking")
        parked = await copy.fetchval(
            "select count(*) from failed_event where state = 'parked' and topic is not null"
        )
        waiting = await copy.fetchval("select count(*) from failed_event where state = 'waiting'")
    finally:
        await source.close()
        await copy.close()
    return bool(said == heard + parked and not waiting)
