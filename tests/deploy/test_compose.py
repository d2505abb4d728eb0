"""What docker-compose.yml and the Dockerfile say is well formed, hardened, and tried here without containers."""

import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from databases import server
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

from models.payload_keys import read_keys

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sysconfig.get_path("scripts"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
ONE_SHOT = {"temporal-schema", "temporal-namespace", "migrate"}
WRITES_ITS_CONFIGURATION = {"temporal", "temporal-ui"}


def ran(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **environment}
    )


def test_the_compose_file_is_valid_by_the_compose_specification() -> None:
    checked = ran(PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")

    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(not (PROGRAMS / "hadolint").exists(), reason="hadolint is built for Linux on x86-64 only")
def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    checked = ran(PROGRAMS / "hadolint", "Dockerfile")

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("script", sorted(ROOT.glob("deploy/**/*.sh")), ids=lambda path: path.name)
def test_every_script_can_be_read_by_its_shell(script: Path) -> None:
    shell = "bash" if "bash" in script.read_text(encoding="utf-8").partition("\n")[0] else "sh"

    assert ran(shell, "-n", script).returncode == 0


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_hardened_limited_and_pinned(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is (name not in WRITES_ITS_CONFIGURATION)
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert re.search(r":v?\d+(\.\d+)+", service["image"]), "a version, never latest"
    assert "privileged" not in service
    assert name in ONE_SHOT or service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["postgresql", "temporal", "worker", "web"])
def test_what_others_wait_for_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_password_stands_in_the_environment_and_no_port_is_open_to_the_network(name: str) -> None:
    service = SERVICES[name]

    for variable, value in service.get("environment", {}).items():
        assert not re.search("PASSWORD$|PWD$|SECRET|SMTP_URL|DATABASE_URL", variable), variable
        assert "://" not in str(value) or variable == "DONDOC_PUBLIC_URL"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_every_variable_of_ours_is_a_setting() -> None:
    from settings import Settings

    for name in ("migrate", "worker", "web"):
        for variable in SERVICES[name]["environment"]:
            assert variable.removeprefix("DONDOC_").lower() in Settings.model_fields


def test_a_worker_names_the_build_of_this_release_unless_it_is_told_another() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    named = SERVICES["worker"]["environment"]["DONDOC_WORKER_BUILD"]

    assert named == f"${{DONDOC_WORKER_BUILD:-{project['version']}}}"
    assert SERVICES["worker"]["image"] == f"dondoc:{project['version']}"


def test_only_the_temporal_of_the_inner_network_is_spoken_to_in_clear() -> None:
    for name in ("migrate", "worker", "web"):
        environment = SERVICES[name]["environment"]
        assert environment["DONDOC_TEMPORAL_ADDRESS"] == f"{environment['DONDOC_TEMPORAL_PLAINTEXT_HOST']}:7233"
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["temporal"]["networks"] == ["inside"]


def test_everything_of_ours_that_an_image_needs_is_copied_into_it() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    shipped = re.findall(r'"([\w.]+)"', project.partition("only-include = [")[2].partition("]")[0])

    assert shipped
    assert [part for part in shipped if f"{part} " not in dockerfile] == []
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [part for part in shipped if f"!{part}" not in ignored and not part.endswith(".py")] == []


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The secrets as `deploy/make-secrets` makes them."""
    shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path / "make-secrets")
    assert ran(tmp_path / "make-secrets").returncode == 0
    return tmp_path / "secrets"


def test_secrets_are_made_once_are_all_different_and_lie_behind_a_closed_door(secrets: Path) -> None:
    first = {file.name: file.read_text() for file in secrets.iterdir()}

    assert set(first) == {Path(one["file"]).name for one in COMPOSE["secrets"].values()}
    passwords = [first[name] for name in first if name.endswith(("password", "key"))]
    assert len(set(passwords)) == len(passwords) == 5
    assert all(len(password) == 40 for password in passwords)
    assert len(read_keys(first["dondoc_temporal_keys"])) == 1
    assert secrets.stat().st_mode & 0o077 == 0
    assert ran(secrets.parent / "make-secrets").returncode == 0
    assert {file.name: file.read_text() for file in secrets.iterdir()} == first


@pytest.mark.server
def test_the_databases_are_made_with_an_owner_each_and_worker_and_web_cannot_change_the_ledger(secrets: Path) -> None:
    url = make_url(server())
    host = str(url.query["host"])
    made = ran("bash", "deploy/postgresql/01-databases.sh", SECRETS=str(secrets), POSTGRES_USER="postgres", PGHOST=host)
    assert made.returncode == 0, made.stderr

    own = url.set(drivername="postgresql+psycopg", username="dondoc", database="dondoc")
    upgraded = ran(
        PROGRAMS / "dondoc",
        *SERVICES["migrate"]["command"][1:],
        DONDOC_DATABASE_URL=own.set(username="dondoc_owner").render_as_string(hide_password=False),
        DONDOC_DATA_DIR=str(secrets.parent),
    )
    assert upgraded.returncode == 0, upgraded.stderr
    engine = create_engine(own)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM agency")).scalar_one() > 0
        with pytest.raises(ProgrammingError):
            connection.execute(text("DELETE FROM ledger"))
    engine.dispose()
    stranger = create_engine(own.set(database="temporal"))
    with pytest.raises(OperationalError, match="permission denied"), stranger.connect():
        pass
