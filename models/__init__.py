"""What a directive is: pure rules (life, clocks, calendar, directory, who hears) and, apart in tables.py, how they lie in SQL.

The rules take and return values. They never read a clock, a database, Temporal or a log.
"""
