"""The line that shows how far a load is."""

import io
from types import SimpleNamespace

from customerflow.loads import progress
from customerflow.loads.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_rows_rate_share_and_time_left_are_shown(monkeypatch):
    terminal, clock = Terminal(), SimpleNamespace(now=0)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    show = Progress("id.csv", SimpleNamespace(position=250, size=1_000))
    show(1)
    clock.now = 2
    show(5_000)
    show(5_001)
    show.end()
    assert terminal.getvalue() == "\r\x1b[Kid.csv: 5000 rows, 2500 a second, 25 %, 6 s left\r\x1b[K"


def test_elsewhere_nothing_is_written(monkeypatch):
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0)
    show = Progress("id.csv", SimpleNamespace(position=1, size=2))
    show(1)
    show.say("comparing")
    show.end()
    assert stderr.getvalue() == ""
