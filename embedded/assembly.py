"""From the plan to the parts: commands, addresses, environments, and when each is ready."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from embedded.files import folder_failure
from embedded.plan import DEFAULT_NAMESPACE, Part, Plan
from embedded.ports import HOST, Addresses, temporal_port, write_addresses
from embedded.readiness import temporal_is_ready, web_is_ready, worker_is_ready
from embedded.supervised import Supervised

# Seconds from start to readiness. A worker may have to migrate a large database first.
READY_WITHIN = {Part.TEMPORAL: 60.0, Part.WORKER: 300.0, Part.WEB: 60.0}


@dataclass
class Assembly:
    """The parts as they will run, in order, and the addresses they share."""

    parts: dict[Part, Supervised]
    addresses: Addresses


def assemble(plan: Plan) -> Assembly:
    """Choose the ports, write them to `run/ports.json`, and make the parts ready to start.

    Raises: EmbeddedFailure if no port is free or the file cannot be written.
    """
    addresses = _addresses(plan)
    try:
        write_addresses(plan.run_dir, addresses)
    except OSError as failure:
        raise folder_failure(plan.data_dir, failure) from failure
    environment = {
        **plan.environment,
        "DONDOC_DATA_DIR": str(plan.data_dir),
        "DONDOC_TEMPORAL_ADDRESS": addresses.temporal_address,
        "DONDOC_TEMPORAL_NAMESPACE": plan.namespace,
        "DONDOC_WEB_PORT": str(plan.web_port),
    }
    parts = {}
    if plan.temporal_binary is not None and addresses.temporal_port is not None:
        keep = timedelta(days=plan.retention_days)
        parts[Part.TEMPORAL] = _supervised(
            plan,
            Part.TEMPORAL,
            _temporal_command(plan, plan.temporal_binary, addresses.temporal_port),
            _temporal_environment(plan),
            lambda _pid: temporal_is_ready(addresses.temporal_address, plan.namespace, keep),
        )
    parts[Part.WORKER] = _supervised(
        plan,
        Part.WORKER,
        plan.worker_command,
        environment,
        lambda pid: worker_is_ready(plan.run_dir, pid),
    )
    parts[Part.WEB] = _supervised(
        plan, Part.WEB, plan.web_command, environment, lambda _pid: web_is_ready(plan.web_port)
    )
    return Assembly(parts, addresses)


def _addresses(plan: Plan) -> Addresses:
    port = None if plan.temporal_address else temporal_port(plan.run_dir)
    return Addresses(
        temporal_address=plan.temporal_address or f"{HOST}:{port}",
        temporal_port=port,
        namespace=plan.namespace,
        web_port=plan.web_port,
        web_url=f"http://{HOST}:{plan.web_port}",
    )


def _supervised(
    plan: Plan,
    part: Part,
    command: tuple[str, ...],
    environment: dict[str, str],
    is_ready: Callable[[int], bool],
) -> Supervised:
    return Supervised(
        part=part,
        command=command,
        environment=environment,
        run_dir=plan.run_dir,
        log_dir=plan.log_dir,
        is_ready=is_ready,
        ready_within=READY_WITHIN[part],
    )


def _temporal_environment(plan: Plan) -> dict[str, str]:
    """Leave out our secrets, and the variables by which Temporal's command line would do something else."""
    return {name: text for name, text in plan.environment.items() if not name.startswith(("DONDOC_", "TEMPORAL_"))}


def _temporal_command(plan: Plan, binary: Path, port: int) -> tuple[str, ...]:
    """Write the command line of our own server.

    Its HTTP and metrics ports are left to it: it takes free ones, so several systems run side by side.
    """
    settings = ["history.maxInFlightUpdates=1000"]  # the default answers "failed" to a crowd on one directive
    if plan.time_skipping:
        settings.append("frontend.WorkflowTimeSkippingEnabled=true")
    command = [str(binary), "server", "start-dev", "--headless", "--ip", HOST, "--port", str(port)]
    command += ["--db-filename", str(plan.data_dir / "temporal.db")]
    command += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"]
    for setting in settings:
        command += ["--dynamic-config-value", setting]
    for name, kind in plan.search_attributes:
        command += ["--search-attribute", f"{name}={kind}"]
    if plan.namespace != DEFAULT_NAMESPACE:
        command += ["--namespace", plan.namespace]
    return (*command, "--log-level", "error")
