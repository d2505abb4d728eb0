"""Fixtures: an office of its own for each test."""

from office_fixture import desk

__all__ = ["desk"]
