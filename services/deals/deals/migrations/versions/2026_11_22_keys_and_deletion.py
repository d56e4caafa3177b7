"""Companies and customers are found by e-mail, code and name; what is deleted frees its values."""

from alembic import op
from sqlalchemy import text

from kernel.text import email_key, fold

revision = "2026_11_22_keys_and_deletion"
down_revision = "2026_11_21_deals"

CHANGES = """
alter table replica_company add column email_key text;
create index ix_replica_company_email_key on replica_company (email_key);
alter table replica_customer add column code_key text not null default '',
    add column name_key text not null default '', add column email_key text;
alter table replica_customer alter column code_key drop default,
    alter column name_key drop default;
create index ix_replica_customer_code_key on replica_customer (code_key);
create index ix_replica_customer_name_key on replica_customer (name_key);
create index ix_replica_customer_email_key on replica_customer (email_key);
alter table deal drop constraint uq_deal_code;
create unique index uq_deal_code on deal (code) where deleted_at is null;
drop index uq_deal_external_id;
create unique index uq_deal_external_id on deal (import_source, external_id)
    where external_id is not null and deleted_at is null;
drop index ix_output_deal_id;
create index ix_output_deal_id on output (deal_id, id);
drop index ix_payment_deal_id;
create index ix_payment_deal_id on payment (deal_id);
create index ix_deal_deleted_at on deal (deleted_at) where deleted_at is not null;
create index ix_output_deleted_at on output (deleted_at) where deleted_at is not null;
create index ix_payment_deleted_at on payment (deleted_at) where deleted_at is not null
"""
"""What was deleted long ago is looked for, and its parts, deleted ones included."""


def upgrade() -> None:
    """Change the tables and fill the new columns."""
    for statement in CHANGES.strip().split(";\n"):
        op.execute(statement)
    connection = op.get_bind()
    companies = [
        {"id": row.id, "email_key": email_key(row.email)}
        for row in connection.execute(
            text("select id, email from replica_company where email is not null")
        )
    ]
    customers = [
        {
            "id": row.id,
            "code_key": fold(row.code),
            "name_key": fold(row.name),
            "email_key": row.email and email_key(row.email),
        }
        for row in connection.execute(text("select id, code, name, email from replica_customer"))
    ]
    if companies:
        connection.execute(
            text("update replica_company set email_key = :email_key where id = :id"), companies
        )
    if customers:
        connection.execute(
            text(
                "update replica_customer set code_key = :code_key, name_key = :name_key,"
                " email_key = :email_key where id = :id"
            ),
            customers,
        )
