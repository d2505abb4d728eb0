"""What an empty database starts with: the shipped policy and calendar, and a directory."""

import datetime as dt
from pathlib import Path

import yaml
from pydantic import ValidationError
from sqlalchemy import Engine, select

from database.engine import writing
from database.reference import (
    confirm_calendar_years,
    read_yaml,
    write_calendar_days,
    write_directory,
    write_policy,
)
from models.calendar import CalendarFile
from models.directory import Directory
from models.tables import POLICY_VERSION

SEED = Path(__file__).resolve().parent / "seed"
BEGINNING = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""Since when the first policy is in force: before anything that the engine could be told."""


def read_directory_file(path: Path) -> Directory:
    """Read a directory from YAML.

    Raises:
        ValueError: with one line for each fault, naming where it stands.
    """
    try:
        return Directory.model_validate(read_yaml(path.read_text(encoding="utf-8")) or {})
    except yaml.YAMLError as broken:
        raise ValueError(f"{path.name}: {broken}") from broken
    except ValidationError as invalid:
        faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in invalid.errors()]
        raise ValueError("\n".join(faults)) from invalid


def read_calendar_file(path: Path = SEED / "calendar.yaml") -> CalendarFile:
    """Read announced and proposed days from YAML."""
    return CalendarFile.model_validate(read_yaml(path.read_text(encoding="utf-8")))


def read_default_policy() -> str:
    """The shipped policy, as YAML."""
    return (SEED / "policy.yaml").read_text(encoding="utf-8")


def seed(engine: Engine, directory: Path, now: dt.datetime) -> bool:
    """Fill an empty database; one that has a policy is left as it is.

    Args:
        directory: the YAML file of agencies and people.

    Returns: whether it was empty.

    Raises:
        ValueError: the directory's file is not one.
    """
    with writing(engine) as connection:
        if connection.execute(select(POLICY_VERSION.c.version)).first():
            return False
        write_directory(connection, read_directory_file(directory))
        calendar = read_calendar_file()
        write_calendar_days(connection, calendar.days)
        confirm_calendar_years(connection, calendar.confirmed_years, now)
        write_policy(connection, read_default_policy(), BEGINNING, "dondoc")
    return True
