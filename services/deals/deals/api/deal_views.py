"""Writes deals: one in full from its query's row, many straight to JSON."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import Caller
from chassis.http.paging import Rows
from chassis.http.unit import tag
from deals.api.deal_schemas import DealOut
from deals.api.fields import named
from deals.domain.amounts import PaymentFigures, summed
from deals.models import Company, Contact, Deal, Lead, Request
from deals.queries.deal_detail import find_detail, get_detail, list_stage_entries
from deals.queries.payments import find_figures
from kernel.currencies import decimals
from kernel.money import Money

COPIED = (
    "id",
    "version",
    "code",
    "crm_ref",
    "ticket",
    "name",
    "description",
    "probability",
    "probability_is_manual",
    "expected_close",
    "status",
    "closed_on",
    "won_at",
    "lost_at",
    "note",
    "stage_entered_at",
    "source_id",
    "priority",
    "important",
    "next_step",
    "next_step_date",
    "remind_me",
    "country",
    "city",
    "created_at",
    "updated_at",
)


async def show_changed(session: AsyncSession, deal: Deal, response: Response) -> DealOut:
    """Answer a deal as it is after a change, even if its changer does not see it any more."""
    await session.flush()
    tag(response, deal.version)
    return await _show(session, await find_detail(session, deal.id))


async def show_deal(session: AsyncSession, deal_id: UUID, caller: Caller) -> DealOut:
    """Answer a visible deal with everything its page shows, in a constant number of queries."""
    return await _show(session, await get_detail(session, deal_id, caller))


async def _show(session: AsyncSession, row: Row[Any]) -> DealOut:
    deal: Deal = row.Deal
    figures = await find_figures(session, deal)
    entries = await list_stage_entries(session, deal.id)
    return DealOut.model_validate(
        {
            **{name: getattr(deal, name) for name in COPIED},
            **_people(row, deal),
            **_parties(row),
            "amount": Money(amount=deal.amount, currency=deal.currency),
            "closing_reason": named(deal.reason_id, row.reason_name),
            "pipeline": named(deal.pipeline_id, row.pipeline_name),
            "stage": {
                "id": deal.stage_id,
                "name": row.stage_name,
                "colour": row.stage_colour,
                "place": row.stage_place,
                "of": row.stages_in_all,
            },
            "stage_history": [_entry(entry) for entry in entries],
            "payments": _sums(figures, deal.currency),
        }
    )


def _people(row: Row[Any], deal: Deal) -> dict[str, Any]:
    return {
        "owner": named(deal.owner_id, row.owner_name),
        "co_owner": named(deal.co_owner_id, row.co_owner_name),
        "team": named(deal.team_id, row.team_name),
        "department": named(deal.department_id, row.department_name),
        "created_by": {"actor": deal.created_by, "name": row.creator_name},
        "updated_by": {"actor": deal.updated_by, "name": row.editor_name},
    }


def _parties(row: Row[Any]) -> dict[str, Any]:
    request = row.Request
    return {
        "client": _client(row.Company, row.Contact, row.Lead, request),
        "company": row.Company,
        "contact": row.Contact,
        "customer": row.Customer,
        "partner": row.Partner,
        "lead": row.Lead,
        "request": request
        and {
            "id": request.id,
            "subject": request.name,
            "date": request.received_at,
            "channel": request.channel,
            "description": request.description,
        },
    }


def _client(
    company: Company | None, contact: Contact | None, lead: Lead | None, request: Request | None
) -> dict[str, Any]:
    """Answer how to reach the client: contact, else company, lead, or who wrote the request.

    `phone_digits` are those of the number as it is dialled from abroad, without + or 00.
    """
    emails = [*(contact.emails if contact else ()), company and company.email]
    phones = [*(contact.phones if contact else ()), company and company.phone]
    names = [contact and contact.name, company and company.name]
    if lead:
        emails.append(lead.email)
        names.append(lead.company_name or lead.name)
    if request:
        emails.append(request.person_email)
        phones.append(request.person_phone)
        names.append(request.person_name)
    phone = next(filter(None, phones), None)
    return {
        "name": next(filter(None, names), None),
        "email": next(filter(None, emails), None),
        "phone": phone,
        "phone_digits": phone and re.sub(r"\D", "", phone).removeprefix("00"),
        "website": company and company.website,
        "company_id": company and company.id,
    }


def _entry(entry: Row[Any]) -> dict[str, Any]:
    return {
        "stage": {"id": entry.stage_id, "name": entry.stage_name},
        "entered_at": entry.entered_at,
        "author": {"actor": entry.author, "name": entry.author_name},
        "way": entry.way,
        "days_in_previous": entry.days_in_previous,
    }


def _sums(figures: PaymentFigures, currency: str) -> dict[str, Any]:
    return {
        "paid": summed(figures.paid, currency),
        "expected": summed(figures.expected, currency),
        "overpaid": summed(figures.overpaid, currency),
        "missing_rates": figures.missing_rates,
        "incomplete": figures.incomplete,
    }


def page_of_deals(page: Rows) -> Response:
    """Answer a page of `DealItem`s. The rows are ours, so they are written without validation."""
    body: dict[str, Any] = {"items": items(page.rows), "next_cursor": page.next_cursor}
    if page.total is not None:
        body["total"] = page.total
    content = orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z)  # str: the driver's UUIDs
    return Response(content, media_type="application/json")


def items(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Turn rows of the list query, in the order of its columns, into the JSON of `DealItem`."""
    return [
        {
            "id": id_,
            "version": version,
            "code": code,
            "name": name,
            "status": status,
            "amount": money_json(amount, currency),
            "probability": probability,
            "pipeline": {"id": pipeline_id, "name": pipeline_name},
            "stage": {"id": stage_id, "name": stage_name, "colour": stage_colour},
            "company": named(company_id, company_name),
            "customer": named(customer_id, customer_name),
            "contact": named(contact_id, contact_name),
            "owner": named(owner_id, owner_name),
            "expected_close": expected_close,
            "closed_on": closed_on,
            "next_step": next_step,
            "next_step_date": next_step_date,
            "priority": priority,
            "important": important,
            "created_at": created_at,
        }
        for (
            id_, version, code, name, status, amount, currency, probability,
            pipeline_id, pipeline_name, stage_id, stage_name, stage_colour,
            company_id, company_name, customer_id, customer_name,
            contact_id, contact_name, owner_id, owner_name,
            expected_close, closed_on, next_step, next_step_date, priority, important,
            created_at, _, _,
        ) in rows
    ]  # fmt: skip


def money_json(amount: Any, currency: str) -> dict[str, str]:
    """Write money that is known to fit its currency."""
    return {"currency": currency, "amount": f"{amount:.{decimals(currency)}f}"}
