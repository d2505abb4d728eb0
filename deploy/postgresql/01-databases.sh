#!/bin/bash
# Makes the two databases with an owner each, and the account `dondoc` of worker and web, to which `dondoc db upgrade
# --grant-to dondoc` gives its rights; run once by the image of PostgreSQL on an empty volume.
set -euo pipefail

make_account() {
    local name=$1 password
    password=$(cat "${SECRETS:-/run/secrets}/$2")
    psql -v ON_ERROR_STOP=1 -v name="$name" -v password="$password" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
SQL
}

make_database() {
    psql -v ON_ERROR_STOP=1 -v name="$1" -v owner="$2" --username "$POSTGRES_USER" <<'SQL'
CREATE DATABASE :"name" OWNER :"owner" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

make_account dondoc_owner dondoc_owner_password
make_account dondoc dondoc_database_password
make_account temporal temporal_database_password
make_database dondoc dondoc_owner
make_database temporal temporal
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" <<'SQL'
CREATE DATABASE temporal_visibility OWNER temporal TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE ALL ON DATABASE temporal_visibility FROM PUBLIC;
SQL
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname temporal_visibility -c 'CREATE EXTENSION IF NOT EXISTS btree_gin'
