"""What names a record is found among deleted records too: a record that is named is not removed."""

from alembic import op

revision = "2026_11_22_named_records"
down_revision = "2026_11_22_customer_phones"

STATEMENTS = """
drop index ix_request_company_id;
drop index ix_request_contact_id;
drop index ix_request_lead_id;
drop index ix_request_former_lead_id;
drop index ix_lead_company_id;
drop index ix_lead_contact_id;
drop index ix_customer_company_id;
create index ix_request_any_company_id on request (company_id);
create index ix_request_any_contact_id on request (contact_id);
create index ix_request_any_lead_id on request (lead_id);
create index ix_request_any_former_lead_id on request (former_lead_id);
create index ix_lead_any_customer_id on lead (customer_id);
create index ix_lead_any_company_id on lead (company_id);
create index ix_lead_any_contact_id on lead (contact_id);
create index ix_customer_any_company_id on customer (company_id);
create index ix_customer_any_contact_id on customer (contact_id);
create index ix_contact_any_company_id on contact (company_id);
create index ix_request_deleted_at on request (deleted_at) where deleted_at is not null;
create index ix_lead_deleted_at on lead (deleted_at) where deleted_at is not null;
create index ix_customer_deleted_at on customer (deleted_at) where deleted_at is not null;
create index ix_contact_deleted_at on contact (deleted_at) where deleted_at is not null;
create index ix_company_deleted_at on company (deleted_at) where deleted_at is not null
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
