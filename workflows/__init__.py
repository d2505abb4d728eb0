"""Temporal workflows: the life of a directive, dispatch, sweep, canary.

Deterministic and small: no I/O, no random, no clock but the workflow's.
"""
