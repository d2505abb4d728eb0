"""The task queue of all our workflows, and how long a worker may take over one task."""

import datetime as dt

TASK_QUEUE = "dondoc"

TASK_TIMEOUT = dt.timedelta(seconds=60)
"""A cold worker replays many lives on one core; with Temporal's 10 seconds they would time out and start again."""
