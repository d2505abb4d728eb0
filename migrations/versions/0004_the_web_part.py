"""The web part: single sign-on, second factor, tokens, saved views, preferences, attachments, audit, operations

Adds tables, and indexes in the place of one: running code of the release before does not see the difference.

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

import models.column_types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = models.column_types.Instant


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("issuer", TEXT(), primary_key=True),
        sa.Column("subject", TEXT(), primary_key=True),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
    )
    op.create_index("ix_identity_person", "identity", ["person"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("state", TEXT(), primary_key=True),
        sa.Column("nonce", TEXT(), nullable=False),
        sa.Column("verifier", TEXT(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
    )
    op.create_index("ix_sign_in_attempt_created_at", "sign_in_attempt", ["created_at"])
    op.add_column("session", sa.Column("way", TEXT(), nullable=False, server_default="password"))
    op.create_table(
        "second_factor",
        sa.Column("person", TEXT(), primary_key=True),
        sa.Column("secret", TEXT(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
        sa.Column("confirmed_at", INSTANT(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
    )
    op.create_table(
        "recovery_code",
        sa.Column("person", TEXT(), primary_key=True),
        sa.Column("hash", TEXT(), primary_key=True),
    )
    op.create_table(
        "half_session",
        sa.Column("id", TEXT(), primary_key=True),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
    )
    op.create_index("ix_half_session_person", "half_session", ["person"])
    op.create_index("ix_half_session_created_at", "half_session", ["created_at"])
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("hash", TEXT(), nullable=False, unique=True),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_by", TEXT(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
        sa.Column("expires_at", INSTANT(), nullable=True),
        sa.Column("used_at", INSTANT(), nullable=True),
        sa.Column("revoked_at", INSTANT(), nullable=True),
    )
    op.create_index("ix_token_person", "token", ["person"])
    op.create_table(
        "answered_request",
        sa.Column("token", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", TEXT(), primary_key=True),
        sa.Column("fingerprint", TEXT(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT(), nullable=False),
    )
    op.create_index("ix_answered_request_created_at", "answered_request", ["created_at"])
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
        sa.UniqueConstraint("person", "name", name="saved_view_one_a_name"),
    )
    op.create_index("ix_saved_view_person", "saved_view", ["person"])
    op.create_table(
        "preference",
        sa.Column("person", TEXT(), primary_key=True),
        sa.Column("digest_hour", sa.Integer(), nullable=True),
    )
    op.create_table(
        "attachment",
        sa.Column("id", TEXT(), primary_key=True),
        sa.Column("directive", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("media_type", TEXT(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", TEXT(), nullable=False),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
    )
    op.create_index("ix_attachment_directive", "attachment", ["directive"])
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", INSTANT(), nullable=False),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("act", TEXT(), nullable=False),
        sa.Column("subject", TEXT(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
    )
    for name in ("at", "person", "act"):
        op.create_index(f"ix_audit_{name}", "audit", [name])
    op.create_table(
        "operation",
        sa.Column("id", TEXT(), primary_key=True),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT(), nullable=False),
        sa.Column("seen_at", INSTANT(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
    )
    op.create_index("ix_operation_person", "operation", ["person"])
    op.create_index("ix_operation_started_at", "operation", ["started_at"])
    op.create_table(
        "webhook_call",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("webhook", sa.Integer(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=True),
        sa.Column("at", INSTANT(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
    )
    op.create_index("ix_webhook_call_webhook", "webhook_call", ["webhook"])
    _index_directives()


def _index_directives() -> None:
    """Lists and boards are answered from indexes alone: the rows themselves are some twenty times as much.

    PostgreSQL keeps neither JSON nor long texts in an index; it reads rows in parallel instead.
    """
    listed = [
        *("status", "lead_agency", "field", "supervising_leader", "due_at", "judged_at", "due_soon_at"),
        *("escalation_level", "urgency", "registered_at", "updated_at", "document_number", "awaiting_start", "code"),
    ]
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("directive_by_axis", "directive", [*listed, "coordinating_agencies"])
        op.create_index("directive_search", "directive", ["status", "search", *listed[1:], "coordinating_agencies"])
    else:
        op.create_index("directive_listed", "directive", listed)
    op.drop_index("ix_directive_status", "directive")  # what begins with the status serves as well


def downgrade() -> None:
    op.create_index("ix_directive_status", "directive", ["status"])
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("directive_search", "directive")
        op.drop_index("directive_by_axis", "directive")
    else:
        op.drop_index("directive_listed", "directive")
    for table in (
        "webhook_call",
        "operation",
        "audit",
        "attachment",
        "preference",
        "saved_view",
        "answered_request",
        "token",
        "half_session",
        "recovery_code",
        "second_factor",
        "sign_in_attempt",
        "identity",
    ):
        op.drop_table(table)
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_column("way")
