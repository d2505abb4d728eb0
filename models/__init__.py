"""What a directive is: pure rules, and, apart in tables.py, how they lie in SQL.

The rules take and return values. They never read a clock, a database, Temporal or a log.
"""
