"""The office of these tests."""

from office_fixture import desk

__all__ = ["desk"]
