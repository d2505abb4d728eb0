"""Alembic's entry: runs the migrations on the connection that database/migrate.py hands over."""

from alembic import context

from models.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
