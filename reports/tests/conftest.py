"""What the tests of this app share."""

from billing.tests.conftest import clerk, today

__all__ = ["clerk", "today"]
