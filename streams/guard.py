"""No stray processes: whoever starts one leaves a guard with it.

The kernel's parent death signal does the same, but on Linux only, and it also fires when merely the
thread that started the process ends.
"""

from __future__ import annotations

import subprocess

# Waits for a line, which `release` sends, or for the end of the pipe, which means that we are gone
# without a goodbye (SIGKILL); then it ends the whole group.
_SCRIPT = 'read -r goodbye || kill -s TERM -- "-$1"'


class Guard:
    """Ends a process group when this process dies.

    Args:
        leader: process id of the group's leader, started with a group of its own.
    """

    def __init__(self, leader: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own arguments
            ["/bin/sh", "-c", _SCRIPT, "dealerwatch-guard", str(leader)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Leave the group alone from now on: it has ended. Safe to repeat."""
        if self._process.poll() is None:
            self._process.communicate(b"goodbye\n")
