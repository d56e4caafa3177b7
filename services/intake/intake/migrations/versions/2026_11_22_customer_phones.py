"""The telephone numbers of customers are normalised like everybody's."""

from alembic import op
from sqlalchemy import text

from intake.domain.phones import to_e164

revision = "2026_11_22_customer_phones"
down_revision = "2026_11_21_intake"

WRITTEN = text(
    """
    select customer.id, customer.phone,
           coalesce(customer.billing_address ->> 'country', company.country) as country
    from customer left join company on company.id = customer.company_id
    where customer.phone is not null
    """
)
NORMALISED = text("update customer set phone_e164 = :phone where id = :id")


def upgrade() -> None:
    """Add the column and fill it."""
    op.execute("alter table customer add column phone_e164 text")
    connection = op.get_bind()
    numbers = [
        {"id": row.id, "phone": to_e164(row.phone, row.country)}
        for row in connection.execute(WRITTEN)
    ]
    if numbers:
        connection.execute(NORMALISED, numbers)
