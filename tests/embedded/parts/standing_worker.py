"""Stands in for worker.py: polls nothing, but keeps the agreement of embedded/readiness.py and canary.py."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set() if "deaf" not in sys.argv else None)
run_dir = Path(os.environ["DONDOC_DATA_DIR"]) / "run"
if "broken" in sys.argv:
    sys.exit("this worker cannot start")
(run_dir / "seen_by_worker").write_text(os.environ["DONDOC_TEMPORAL_ADDRESS"])
(run_dir / "worker.ready").write_text(f"{os.getpid()}\n")
while not stop.wait(0.5):
    if "silent" not in sys.argv:
        (run_dir / "canary").write_text(str(time.clock_gettime(time.CLOCK_BOOTTIME)))
