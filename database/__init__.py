"""The engine, running the migrations, reference data, and what an empty database starts with.

No rule of the office lives here.
"""
