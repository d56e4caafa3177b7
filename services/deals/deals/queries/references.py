"""Checks that what a deal names is known here and may be used (DEA-020)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import SQLColumnExpression, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from deals.models import (
    Company,
    Contact,
    Currency,
    Customer,
    Department,
    Lead,
    Request,
    Team,
    User,
)
from kernel.errors import FieldError, all_invalid

UNKNOWN, INACTIVE = "is not known", "is not active"


@dataclass(frozen=True)
class Reference:
    """What a field may name: who knows it, whether it may be used, and what is said if not."""

    table: Any
    usable: SQLColumnExpression[bool]
    unknown: FieldError
    unusable: FieldError | None = None


REFERENCES: dict[str, Reference] = {
    "company_id": Reference(
        Company,
        Company.is_active,
        FieldError("/company_id", "company_unknown", UNKNOWN),
        FieldError("/company_id", "company_inactive", INACTIVE),
    ),
    "contact_id": Reference(
        Contact,
        Contact.is_active,
        FieldError("/contact_id", "contact_unknown", UNKNOWN),
        FieldError("/contact_id", "contact_inactive", INACTIVE),
    ),
    "partner_id": Reference(
        Contact,
        Contact.is_active,
        FieldError("/partner_id", "partner_unknown", UNKNOWN),
        FieldError("/partner_id", "partner_inactive", INACTIVE),
    ),
    "customer_id": Reference(
        Customer,
        ~Customer.is_blacklisted,
        FieldError("/customer_id", "customer_unknown", UNKNOWN),
        FieldError("/customer_id", "customer_blacklisted", "is blacklisted"),
    ),
    "lead_id": Reference(
        Lead,
        true(),
        FieldError("/lead_id", "lead_unknown", UNKNOWN),
    ),
    "request_id": Reference(
        Request,
        true(),
        FieldError("/request_id", "request_unknown", UNKNOWN),
    ),
    "owner_id": Reference(
        User,
        User.is_active,
        FieldError("/owner_id", "owner_unknown", UNKNOWN),
        FieldError("/owner_id", "owner_inactive", INACTIVE),
    ),
    "co_owner_id": Reference(
        User,
        User.is_active,
        FieldError("/co_owner_id", "co_owner_unknown", UNKNOWN),
        FieldError("/co_owner_id", "co_owner_inactive", INACTIVE),
    ),
    "team_id": Reference(
        Team,
        Team.is_active,
        FieldError("/team_id", "team_unknown", UNKNOWN),
        FieldError("/team_id", "team_inactive", INACTIVE),
    ),
    "department_id": Reference(
        Department,
        Department.is_active,
        FieldError("/department_id", "department_unknown", UNKNOWN),
        FieldError("/department_id", "department_inactive", INACTIVE),
    ),
    "currency": Reference(
        Currency,
        Currency.is_active,
        FieldError("/amount/currency", "currency_unknown", UNKNOWN),
        FieldError("/amount/currency", "currency_inactive", INACTIVE),
    ),
}


async def check_references(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Check, with one query, everything that `values` names.

    Raises:
        Invalid: one entry per field that is unknown or must not be used.
    """
    named = {field: values[field] for field in REFERENCES if values.get(field) is not None}
    if not named:
        return
    columns = [_usable(field, value).label(field) for field, value in named.items()]
    row = (await session.execute(select(*columns))).mappings().one()
    errors = [_error(REFERENCES[field], row[field]) for field in named if not row[field]]
    if errors:
        raise all_invalid(errors)


def _usable(field: str, value: Any) -> Any:
    table = REFERENCES[field].table
    key = table.code if table is Currency else table.id
    query = select(REFERENCES[field].usable).where(key == value)
    if hasattr(table, "is_deleted"):
        query = query.where(~table.is_deleted)
    return query.scalar_subquery()


def _error(reference: Reference, usable: bool | None) -> FieldError:  # noqa: FBT001 - null: unknown
    return reference.unknown if usable is None else reference.unusable or reference.unknown


async def departments_of(session: AsyncSession, user_id: UUID | None) -> list[UUID]:
    """Answer the departments of a user, the first one being where their records belong."""
    if user_id is None:
        return []
    return await session.scalar(select(User.department_ids).where(User.id == user_id)) or []


async def currency_of_department(session: AsyncSession, department_id: UUID | None) -> str:
    """Answer the currency in which a department reckons, else the national one."""
    own = select(Department.currency).where(Department.id == department_id).scalar_subquery()
    query = (
        select(Currency.code)
        .where(or_(Currency.is_national, and_(Currency.code == own, Currency.is_active)))
        .order_by(Currency.is_national)
    )
    return (await session.scalars(query.limit(1))).one()


async def find_customer_of(
    session: AsyncSession, company_id: UUID | None, contact_id: UUID | None
) -> UUID | None:
    """Answer the customer that a company, else a contact, already is."""
    query = select(Customer.id).where(~Customer.is_deleted).order_by(Customer.id).limit(1)
    for column, party in ((Customer.company_id, company_id), (Customer.contact_id, contact_id)):
        customer = await session.scalar(query.where(column == party)) if party else None
        if customer:
            return customer
    return None
