"""Steps by which a database follows the tables in models/tables.py; run by database/migrate.py."""
