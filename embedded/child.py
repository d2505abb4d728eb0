"""Become another program that dies with the process that started it.

Run as a file, not as a module, so that a bare interpreter starts in some 20 ms:
`python -I -S child.py PARENT_PID SIGNAL COMMAND…`. The kernel remembers the signal across exec, so when
the supervisor is killed with SIGKILL its parts go with it (PR_SET_PDEATHSIG, Linux; elsewhere the next
`up` clears what was left, by the pid files).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def main() -> None:
    """Ask for the signal, make sure that the parent did not die meanwhile, and become the command."""
    parent, signal_number, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - becoming the command is what this file is for
    except OSError as failure:
        sys.stderr.write(f"{command[0]}: {failure.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()
