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
from kernel.errors import FieldError, Invalid


@dataclass(frozen=True)
class Reference:
    """What a field may name: who knows it, whether it may be used, and the codes if not."""

    table: Any
    usable: SQLColumnExpression[bool]
    unknown: str
    unusable: str = ""
    fault: str = "is not active"


REFERENCES: dict[str, Reference] = {
    "company_id": Reference(Company, Company.is_active, "company_unknown", "company_inactive"),
    "contact_id": Reference(Contact, Contact.is_active, "contact_unknown", "contact_inactive"),
    "partner_id": Reference(Contact, Contact.is_active, "partner_unknown", "partner_inactive"),
    "customer_id": Reference(
        Customer,
        ~Customer.is_blacklisted,
        "customer_unknown",
        "customer_blacklisted",
        "is blacklisted",
    ),
    "lead_id": Reference(Lead, true(), "lead_unknown"),
    "request_id": Reference(Request, true(), "request_unknown"),
    "owner_id": Reference(User, User.is_active, "owner_unknown", "owner_inactive"),
    "co_owner_id": Reference(User, User.is_active, "co_owner_unknown", "co_owner_inactive"),
    "team_id": Reference(Team, Team.is_active, "team_unknown", "team_inactive"),
    "department_id": Reference(
        Department, Department.is_active, "department_unknown", "department_inactive"
    ),
    "currency": Reference(Currency, Currency.is_active, "currency_unknown", "currency_inactive"),
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
    errors = tuple(_error(field, row[field]) for field in named if not row[field])
    if errors:
        raise Invalid(f"{errors[0].field}: {errors[0].message}", errors=errors)


def _usable(field: str, value: Any) -> Any:
    table = REFERENCES[field].table
    key = table.code if table is Currency else table.id
    query = select(REFERENCES[field].usable).where(key == value)
    if hasattr(table, "is_deleted"):
        query = query.where(~table.is_deleted)
    return query.scalar_subquery()


def _error(field: str, usable: bool | None) -> FieldError:  # noqa: FBT001 - null means unknown
    reference = REFERENCES[field]
    pointer = "/amount/currency" if field == "currency" else f"/{field}"
    if usable is None:
        return FieldError(pointer, reference.unknown, "is not known")
    return FieldError(pointer, reference.unusable, reference.fault)


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
