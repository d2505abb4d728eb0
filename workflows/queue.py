"""The task queues of our workflows, and how long a worker may take over one task."""

import datetime as dt

TASK_QUEUE = "dondoc"

CANARY_QUEUE = "dondoc-canary"
"""The canary's own, so that directives that wait for the database do not silence it."""

TASK_TIMEOUT = dt.timedelta(seconds=10)
"""What a killed worker had begun is given out again after this long.

It runs from when a worker has taken a task, and a worker takes few at once (`worker.TASKS_A_CORE`), so a cold worker
that replays many lives does not exceed it; what waits for the database beats meanwhile.
"""
