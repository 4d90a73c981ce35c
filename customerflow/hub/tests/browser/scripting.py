"""Browsers whose owners have switched JavaScript off: marks for tests."""

import pytest

without_javascript = pytest.mark.browser_context_args(java_script_enabled=False)
with_and_without_javascript = pytest.mark.parametrize(
    "javascript", ["on", pytest.param("off", marks=without_javascript)]
)
