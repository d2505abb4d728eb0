"""What needs the Temporal SDK, done in a process of its own that ends without Python's own end.

`python -m embedded.sdk_child ready ADDRESS NAMESPACE [DAYS]` and `… download DIRECTORY` print OK when they did
what they say. Why a process: with SDK 1.35 on CPython 3.11 an interpreter that ends soon after a call is killed by
SIGSEGV or SIGABRT, because the SDK's threads still want the interpreter (seen in 9 of 30 runs that asked a living
server one question). `os._exit` leaves no time for that, and the supervisor stays small.
"""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta

OK = "ok"


def ask(*arguments: str, seconds: float) -> bool:
    """Run this module with the arguments and say whether it answered OK in so many seconds."""
    try:
        answer = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "embedded.sdk_child", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == OK


async def is_ready(address: str, namespace: str, keep: timedelta | None) -> bool:
    """Whether the server is healthy and knows the namespace; sets how long closed workflows are kept."""
    from google.protobuf.duration_pb2 import Duration
    from temporalio.api.namespace.v1 import NamespaceConfig
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
    from temporalio.service import ConnectConfig, RPCError, ServiceClient

    try:
        service = await ServiceClient.connect(ConnectConfig(target_host=address))
        if not await service.check_health():
            return False
        known = await service.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
        if keep is not None and known.config.workflow_execution_retention_ttl.ToTimedelta() != keep:
            wanted = Duration()
            wanted.FromTimedelta(keep)
            config = NamespaceConfig(workflow_execution_retention_ttl=wanted)
            await service.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=namespace, config=config))
    except (RuntimeError, RPCError):  # the SDK says "not reachable" as either
        return False
    return True


async def download(directory: str) -> bool:
    """Start and stop the SDK's own server once: it offers no way to fetch the program without starting it."""
    from temporalio.testing import WorkflowEnvironment

    try:
        environment = await WorkflowEnvironment.start_local(download_dest_dir=directory)
    except RuntimeError:  # no network, no room, no build for this machine: the caller names the other ways
        return False
    await environment.shutdown()
    return True


def main() -> None:
    """Do what the arguments say, print OK if it worked, and end at once."""
    match sys.argv[1:]:
        case ["ready", address, namespace]:
            done = asyncio.run(is_ready(address, namespace, None))
        case ["ready", address, namespace, days]:
            done = asyncio.run(is_ready(address, namespace, timedelta(days=int(days))))
        case ["download", directory]:
            done = asyncio.run(download(directory))
        case _:
            sys.exit(2)
    sys.stdout.write(OK if done else "")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
