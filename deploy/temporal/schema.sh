#!/bin/sh
# Brings Temporal's two databases to the schema of this release of the server; again does nothing.
set -eu
SQL_PASSWORD=$(cat /run/secrets/temporal_database_password)
export SQL_PASSWORD
for part in temporal visibility; do
    database=temporal
    [ "$part" = visibility ] && database=temporal_visibility
    tool="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS -p $DB_PORT -u $POSTGRES_USER --db $database"
    $tool setup-schema -v 0.0 || echo "The schema is there already."
    $tool update-schema -d "/etc/temporal/schema/postgresql/v12/$part/versioned"
done
