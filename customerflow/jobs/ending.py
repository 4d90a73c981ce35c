"""Telling this process to end."""

import time

# Seconds between two looks.
LOOK = 0.25


class Ending:
    """
    Whether this process is to end.

    The handler of a signal may set it at any moment, also inside of another handler: a `threading.Event` has a lock,
    and would wait for itself.
    """

    def __init__(self) -> None:
        self.is_near = False

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until this process is to end; return whether it is."""
        end = time.monotonic() + seconds
        while not self.is_near and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK))
        return self.is_near


ending = Ending()
