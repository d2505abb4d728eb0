"""What somebody has not read is counted on each page, and his newest notices are read: an index for each

Changes nothing but indexes: running code of the release before does not see them.

Revision: 0005
After: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNREAD: sa.ColumnElement[bool] = sa.literal_column("read_at IS NULL")


def upgrade() -> None:
    op.create_index("notice_inbox", "notice", ["recipient", "at", "id"])
    op.drop_index("ix_notice_recipient", "notice")
    op.create_index("notice_unread", "notice", ["recipient"], sqlite_where=UNREAD, postgresql_where=UNREAD)


def downgrade() -> None:
    op.drop_index("notice_unread", "notice")
    op.create_index("ix_notice_recipient", "notice", ["recipient"])
    op.drop_index("notice_inbox", "notice")
