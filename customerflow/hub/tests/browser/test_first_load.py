"""How much a browser loads on its first visit, compressed as it is in production."""

import gzip

import pytest
from playwright.sync_api import Page, Response

from customers.tests.factories import make_customer

# What a browser does with a page, no database has a part in.
pytestmark = pytest.mark.once

LIMIT = 200_000


@pytest.mark.parametrize("address", ["/", "/customers/"])
def test_the_first_load_is_small(address: str, staff: Page):
    for _ in range(50):
        make_customer(phone="555-1234", email="somebody@example.com")
    answers: list[Response] = []
    staff.on("response", lambda answer: answers.append(answer))
    staff.goto(address, wait_until="networkidle")
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in answers}
    assert len(sizes) > 5
    assert sum(sizes.values()) < LIMIT, sizes
