"""The background work of this app."""

# Their work is known once they are imported.
from reports.leaks import finding  # noqa: F401
