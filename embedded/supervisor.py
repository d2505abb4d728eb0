"""The supervisor: starts Temporal, worker and web in order, keeps them alive, stops them together."""

import contextlib
import os
import signal
import time

from embedded import pid_files, readiness
from embedded.assembly import assemble
from embedded.canary import CanaryWatch
from embedded.failures import EmbeddedFailure
from embedded.files import folder_failure, prepare_data_folder
from embedded.folder_lock import data_folder_lock
from embedded.highest_clock import HighestClock
from embedded.leftovers import clear_leftovers
from embedded.locate import forget_failure, keep_failure
from embedded.plan import Part, Plan, Progress, ProgressListener, Step, ignore_progress
from embedded.ports import free, require_free_web_port
from embedded.renewal import STORE, Renewal
from embedded.stop_signals import StopSignals
from embedded.supervised import FAILURE_WINDOW_SECONDS, FAILURES, Supervised, log
from embedded.supervisor_log import supervisor_log

BUSY_SECONDS = 0.1  # between two looks while something starts
CALM_SECONDS = 1.0  # while all is well; a death is told by its signal at once
PARTS_STOP_SECONDS = 15.0
TEMPORAL_STOP_SECONDS = 10.0
BEHIND_SECONDS = 120.0  # a clock set back by less catches up before a renewed store would help
FOREIGN_TEMPORAL_SECONDS = 10.0  # how long a Temporal that is not ours may take to answer at the start


def run(plan: Plan, progress: ProgressListener = ignore_progress) -> None:
    """Run the system until SIGTERM or SIGINT. Call it from the main thread.

    Raises:
        EmbeddedFailure: if the data folder or a port is taken, the disk is full or closed, Temporal is not
            reachable, or a part failed too often. Everything that was started is stopped by then. The
            failure is kept for `locate.last_failure`, unless the folder is another system's.
    """
    with StopSignals() as signals:
        prepare_data_folder(plan.data_dir)
        try:
            with data_folder_lock(plan.data_dir), supervisor_log(plan.log_dir):
                _run_locked(plan, progress, signals)
        except OSError as failure:  # the data folder went away under us, or its disk filled up
            raise folder_failure(plan.data_dir, failure) from failure


def _run_locked(plan: Plan, progress: ProgressListener, signals: StopSignals) -> None:
    forget_failure(plan.run_dir)
    pid_files.write(plan.run_dir, pid_files.SUPERVISOR, os.getpid())
    try:
        clear_leftovers(plan.run_dir)
        require_free_web_port(plan.web_port)
        _require_foreign_temporal(plan, signals)
        supervisor = _Supervisor(plan, progress, signals)
        try:
            supervisor.supervise()
        finally:
            supervisor.stop_all()
    except EmbeddedFailure as failure:
        log.error("gave_up reason=%s", failure)
        with contextlib.suppress(OSError):
            keep_failure(plan.run_dir, failure)
        raise
    finally:
        pid_files.remove(plan.run_dir, pid_files.SUPERVISOR)


def _require_foreign_temporal(plan: Plan, signals: StopSignals) -> None:
    """Refuse to start on a Temporal that is not ours and does not answer.

    Raises: EmbeddedFailure naming the address.
    """
    if plan.temporal_address is None:
        return
    until = time.monotonic() + FOREIGN_TEMPORAL_SECONDS
    while not signals.asked and not _answers(plan, plan.temporal_address):
        if time.monotonic() >= until:
            raise EmbeddedFailure(
                "Không kết nối được Temporal ở {address} (không gian tên {namespace}); hãy kiểm tra "
                "DONDOC_TEMPORAL_ADDRESS và máy chủ đó.",
                address=plan.temporal_address,
                namespace=plan.namespace,
            )
        signals.wait(BUSY_SECONDS)


def _answers(plan: Plan, address: str) -> bool:
    """Whether a Temporal that is not ours is there; whether it takes our certificate, the worker finds out."""
    if plan.temporal_secured:
        return readiness.somebody_listens(address)
    return readiness.temporal_is_ready(address, plan.namespace, None)


class _Supervisor:
    """The loop over the parts, and the order in which they stop."""

    def __init__(self, plan: Plan, progress: ProgressListener, signals: StopSignals) -> None:
        self._plan = plan
        self._progress = progress
        self._signals = signals
        self._assemble()
        self._canary = CanaryWatch(plan.run_dir)
        self._highest = HighestClock(plan.run_dir, plan.data_dir / STORE)
        self._renewal = Renewal(plan)
        self._all_ready_told = False

    def supervise(self) -> None:
        """Start what is to run, and start again what dies, until asked to stop.

        Raises: EmbeddedFailure when a part has failed too often.
        """
        while not self._signals.asked:
            for supervised in self._parts.values():
                self._look_after(supervised)
            self._restart_temporal_if_silent()
            calm = all(supervised.ready_since is not None for supervised in self._parts.values())
            if calm and not self._all_ready_told:
                self._all_ready_told = True
                self._tell(Step.READY)
            if calm:
                self._renewal.look_after(self._parts[Part.WORKER].environment)
            self._signals.wait(CALM_SECONDS if calm else BUSY_SECONDS)

    def stop_all(self) -> None:
        """Stop web and worker, then Temporal; a second SIGTERM or SIGINT, or time running out, kills them."""
        self._renewal.stop()
        if all(supervised.gone() for supervised in self._parts.values()):
            return
        self._tell(Step.STOPPING)
        order = ((Part.WEB, Part.WORKER), (Part.TEMPORAL,))
        for parts, seconds in zip(order, (PARTS_STOP_SECONDS, TEMPORAL_STOP_SECONDS), strict=True):
            self._stop([self._parts[part] for part in parts if part in self._parts], seconds)
        self._tell(Step.STOPPED)

    def _look_after(self, supervised: Supervised) -> None:
        if supervised.check_death():
            self._tell(Step.DIED, supervised.part)
            self._give_up_if_failed(supervised)
        if supervised.process is not None:
            if supervised.check_ready():
                self._tell(Step.READY, supervised.part)
        elif time.monotonic() >= supervised.start_not_before and self._may_start(supervised.part):
            self._start(supervised)

    def _may_start(self, part: Part) -> bool:
        """Whether the parts that this one needs are ready: in order at first, later the web needs nobody."""
        temporal = self._parts.get(Part.TEMPORAL)
        if part is Part.WORKER:
            return temporal is None or temporal.ready_since is not None
        return part is Part.TEMPORAL or self._all_ready_told or self._parts[Part.WORKER].ready_since is not None

    def _start(self, supervised: Supervised) -> None:
        if supervised.part is Part.TEMPORAL:
            self._move_temporal_if_port_taken()
        if supervised.part is Part.WORKER:
            readiness.forget_worker(self._plan.run_dir)
        self._tell(Step.STARTING, supervised.part)
        self._parts[supervised.part].start()
        self._give_up_if_failed(self._parts[supervised.part])

    def _move_temporal_if_port_taken(self) -> None:
        """When a stranger took the port while our server was down, choose another and tell all parts."""
        if free(self._temporal_port):
            return
        log.warning("temporal_port_taken port=%s", self._temporal_port)
        self._stop([self._parts[Part.WEB], self._parts[Part.WORKER]], PARTS_STOP_SECONDS)
        before = self._parts
        self._assemble()
        for part, supervised in self._parts.items():
            supervised.failures = before[part].failures

    def _restart_temporal_if_silent(self) -> None:
        behind = self._highest.behind()
        temporal = self._parts.get(Part.TEMPORAL)
        if temporal is None or not self._canary.restart_is_due(self._engine_ready_since(), time.monotonic()):
            return
        if self._disk_refuses():  # it goes on by itself once there is room, and could not start now
            log.warning("temporal_silent disk_refuses")
            return
        log.warning("temporal_silent behind=%.0f", behind)
        self._tell(Step.SILENT, Part.TEMPORAL)
        if behind > BEHIND_SECONDS:
            self._renew_store(temporal)
        else:
            self._stop([temporal], TEMPORAL_STOP_SECONDS)

    def _renew_store(self, temporal: Supervised) -> None:
        """Its timers wait for a time that the clock has gone back from: no restart cures that, a new store does."""
        self._renewal.stop()
        self._stop([self._parts[Part.WORKER]], PARTS_STOP_SECONDS)
        self._stop([temporal], TEMPORAL_STOP_SECONDS)
        try:
            self._renewal.put_store_aside()
        except OSError as failure:  # both are started again as they were, and the next silence tries again
            log.warning("store_not_renewed reason=%s", failure)
            return
        self._highest.forget()
        log.warning("store_renewed")

    def _engine_ready_since(self) -> float | None:
        """Since when both Temporal and the worker are ready; None while they are not."""
        since = [self._parts[part].ready_since for part in (Part.TEMPORAL, Part.WORKER)]
        return max((instant for instant in since if instant is not None), default=None) if all(since) else None

    def _stop(self, several: list[Supervised], seconds: float) -> None:
        """Ask the parts to stop together; kill what is left after so many seconds."""
        for supervised in several:
            supervised.signal(signal.SIGTERM)
        until = time.monotonic() + seconds
        while left := [supervised for supervised in several if not supervised.gone()]:
            if time.monotonic() >= until or self._signals.hurried:
                for supervised in left:
                    log.warning("part_killed part=%s", supervised.part)
                    supervised.kill()
                return
            self._signals.wait(BUSY_SECONDS)

    def _give_up_if_failed(self, supervised: Supervised) -> None:
        if not supervised.has_failed_too_often():
            return
        if self._all_ready_told and self._disk_refuses():  # the others answer meanwhile; with room this one starts too
            log.warning("part_waits_for_disk part=%s", supervised.part)
            supervised.wait_longest()
            return
        prepare_data_folder(self._plan.data_dir)  # if the disk is the reason, that is the sentence to say
        raise EmbeddedFailure(
            "Phần {part} đã dừng {failures} lần trong {seconds} giây nên hệ thống không chạy tiếp; "
            "xem nguyên nhân ở cuối tệp {log}.",
            part=supervised.part.value,
            failures=str(FAILURES),
            seconds=f"{FAILURE_WINDOW_SECONDS:.0f}",
            log=str(supervised.log_path),
        )

    def _disk_refuses(self) -> bool:
        """Whether the data folder takes nothing now: its disk is full, read-only or broken."""
        try:
            prepare_data_folder(self._plan.data_dir)
        except EmbeddedFailure:
            return True
        return False

    def _assemble(self) -> None:
        assembly = assemble(self._plan)
        self._parts = assembly.parts
        self._temporal_port = assembly.addresses.temporal_port or 0

    def _tell(self, step: Step, part: Part | None = None) -> None:
        with contextlib.suppress(OSError):  # nobody reads any more; the system runs on
            self._progress(Progress(step, part))
