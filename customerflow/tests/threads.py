"""Doing one thing many times at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once(act: Callable[[int], object], times: int) -> list:
    """
    Call `act(0)` ... `act(times - 1)`, each in its own thread and database connection, all begun together.

    Return the results in that order; an exception in a thread is raised here.
    """
    barrier = Barrier(times)

    def run(index: int) -> object:
        barrier.wait(timeout=30)
        try:
            return act(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
