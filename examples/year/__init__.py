"""A year of an office on the real engine, lived in minutes: `python -m examples.year` (`make year`).

`script.py` decides what happens in the year (`stories.py`: what people do with one directive), `engine.py` starts a
real Temporal, SQLite and worker, `living.py` lives the script day by day under skipped time, `checking.py` proves that
every moment was told once, and `report.py` says what the year was like. Nothing of the product imports this.
"""
