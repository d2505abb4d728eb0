"""People sign in: accounts, sessions, wrong tries, forgotten passwords

Only adds tables: running code of the release before does not see them.

Revision: 0003
After: 0002
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

import models.column_types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = models.column_types.Instant


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("person", TEXT(), primary_key=True),
        sa.Column("password", TEXT(), nullable=True),
        sa.Column("password_at", INSTANT(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("id", TEXT(), primary_key=True),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
        sa.Column("seen_at", INSTANT(), nullable=False),
        sa.Column("address", TEXT(), nullable=False),
        sa.Column("agent", TEXT(), nullable=False),
    )
    op.create_index("ix_session_person", "session", ["person"])
    op.create_index("ix_session_seen_at", "session", ["seen_at"])
    op.create_table(
        "failure",
        sa.Column("key", TEXT(), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT(), nullable=False),
    )
    op.create_index("ix_failure_last_at", "failure", ["last_at"])
    op.create_table(
        "reset",
        sa.Column("id", TEXT(), primary_key=True),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("created_at", INSTANT(), nullable=False),
        sa.Column("expires_at", INSTANT(), nullable=False),
    )
    op.create_index("ix_reset_person", "reset", ["person"])


def downgrade() -> None:
    for table in ("reset", "failure", "session", "account"):
        op.drop_table(table)
