"""The worker: it does what the queue of the database holds, and takes over what a dead worker left."""

import logging
import os
import socket
from threading import Thread
from time import monotonic
from types import FrameType

from django.db import close_old_connections, connections
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands import db_worker

from customerflow.jobs.ending import ending
from customerflow.jobs.leases import PROLONGED, give_up, hold, prune, take_back
from customerflow.jobs.running import DATABASE_IS_AWAY

log = logging.getLogger(__name__)

# Seconds between two prunings.
HOUR = 3_600


class Worker(db_worker.Worker):
    """
    The worker of django-tasks-db, with a lease, which outlives the database.

    `lease` is how many seconds others wait before they count it as dead, `interval` how many pass between two looks
    into an empty queue.
    """

    def __init__(self, *, lease: float, interval: float) -> None:
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=interval,
            batch=False,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=new_name(),
        )
        self.lease = lease

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """End behind the step that is being done. Whoever cannot wait kills it: that loses nothing."""
        self.running = False
        ending.is_near = True

    def run(self) -> None:
        """Work until `shutdown`."""
        log.info("Worker %s has started.", self.worker_id)
        keeper = Thread(target=self.keep, name="lease")
        keeper.start()
        try:
            while self.running:
                self.run_until_the_database_is_away()
        finally:
            ending.is_near = True
            keeper.join()
        self.leave()
        log.info("Worker %s has ended.", self.worker_id)

    def run_until_the_database_is_away(self) -> None:
        """Do what is in the queue until `shutdown`, or until the database does not answer."""
        try:
            hold(self.worker_id, self.lease)
            super().run()
        except DATABASE_IS_AWAY as error:
            log.warning("The database does not answer, or is busy: %s", str(error).strip())
            connections.close_all()
            # What it had begun is taken back like that of a dead worker.
            self.worker_id = new_name()
            ending.wait(self.interval)

    def leave(self) -> None:
        """Give up the lease, once nobody prolongs it any more; without a database it is over by itself."""
        try:
            give_up(self.worker_id)
        except DATABASE_IS_AWAY as error:
            log.warning("The lease was not given up: %s", str(error).strip())

    def keep(self) -> None:
        """Prolong the lease, and look after what others left, until `shutdown`; in a thread of its own."""
        pruned_at = monotonic() - HOUR
        while not ending.wait(self.lease / PROLONGED):
            try:
                hold(self.worker_id, self.lease)
                take_back(timezone.now())
                if monotonic() >= pruned_at + HOUR:
                    prune(timezone.now())
                    pruned_at = monotonic()
            except DATABASE_IS_AWAY as error:
                log.warning("The lease was not prolonged: %s", str(error).strip())
            except Exception:
                log.exception("Looking after the queue failed.")
            close_old_connections()
        connections.close_all()


def new_name() -> str:
    """Return a name that no other worker has or had."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{get_random_string(6)}"
