"""Fixtures: an office with a migrated and seeded SQLite in a data folder of its own."""

from office_fixture import desk

__all__ = ["desk"]
