"""What each page counts is found by person and by agency

Unread notices, the newest notices, what an agency has before it, where its contribution is awaited, and what changed
last. The release before does not see the indexes; what it records leaves the new column as it was, until the next
event.

Revision: 0005
After: 0004
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNREAD: sa.ColumnElement[bool] = sa.literal_column("read_at IS NULL")
OPEN: sa.ColumnElement[bool] = sa.literal_column("status NOT IN ('completed', 'cancelled')")
LISTS = {"coordinating": "coordinating_agencies", "silent": "silent_agencies"}
BATCH = 1_000


def upgrade() -> None:
    op.create_index("notice_inbox", "notice", ["recipient", "at", "id"])
    op.drop_index("ix_notice_recipient", "notice")
    op.create_index("notice_unread", "notice", ["recipient"], sqlite_where=UNREAD, postgresql_where=UNREAD)
    op.create_index("ix_directive_updated_at", "directive", ["updated_at"])
    op.add_column("directive", sa.Column("silent_agencies", sa.JSON(), nullable=False, server_default="[]"))
    _fill()
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("directive_open_lead", "directive", ["lead_agency"], postgresql_where=OPEN)
        for name, column in LISTS.items():
            op.execute(
                f"CREATE INDEX directive_open_{name} ON directive USING gin (({column}::jsonb) jsonb_path_ops) "
                "WHERE status NOT IN ('completed', 'cancelled')"
            )


def _fill() -> None:
    """Say of each open directive which of those that coordinate have said nothing, as its state has it."""
    connection = op.get_bind()
    directive = sa.table(
        "directive", sa.column("code"), sa.column("state"), sa.column("silent_agencies", sa.JSON()), sa.column("status")
    )
    codes = connection.scalars(sa.select(directive.c.code).where(OPEN)).all()
    silent_agencies = sa.bindparam("silent", type_=sa.JSON())
    change = sa.update(directive).where(directive.c.code == sa.bindparam("the_code"))
    change = change.values(silent_agencies=silent_agencies)
    for place in range(0, len(codes), BATCH):
        rows = connection.execute(
            sa.select(directive.c.code, directive.c.state).where(directive.c.code.in_(codes[place : place + BATCH]))
        )
        changed = []
        for code, state in rows:
            said = json.loads(state)
            asked, answered = said.get("coordinating_agencies", ()), said.get("contributions", {})
            silent = [agency for agency in asked if agency not in answered]
            if silent:
                changed.append({"the_code": code, "silent": silent})
        if changed:
            connection.execute(change, changed)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in LISTS:
            op.drop_index(f"directive_open_{name}", "directive")
        op.drop_index("directive_open_lead", "directive")
    op.drop_column("directive", "silent_agencies")
    op.drop_index("ix_directive_updated_at", "directive")
    op.drop_index("notice_unread", "notice")
    op.create_index("ix_notice_recipient", "notice", ["recipient"])
    op.drop_index("notice_inbox", "notice")
