"""A line that shows how far a load is: rows, rate, share of the file, time left."""

import sys
import time

from django.utils.translation import gettext as _

from customerflow.loads.opening import MeasuredFile

SECONDS_BETWEEN = 0.5


class Progress:
    """Rewrites one line of the error output while a file is read; silent where that is no terminal."""

    def __init__(self, name: str, measured: MeasuredFile) -> None:
        self.name = name
        self.measured = measured
        self.is_shown = sys.stderr.isatty()
        self.began = self.shown_at = time.monotonic()

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if not self.is_shown or now - self.shown_at < SECONDS_BETWEEN:
            return
        self.shown_at = now
        seconds = now - self.began
        share = min(1, self.measured.position / max(1, self.measured.size))
        left = seconds / share - seconds if share else 0
        text = _("%(name)s: %(rows)d rows, %(rate)d a second, %(share)d %%, %(left)d s left") % {
            "name": self.name,
            "rows": rows,
            "rate": rows / seconds,
            "share": share * 100,
            "left": left,
        }
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    def say(self, text: str) -> None:
        """Show `text` in place of the figures."""
        if self.is_shown:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self.is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
