"""The floors that every page meets: readable by everybody, one heading, a title, no wider than the window."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from customerflow.hub.tests.browser.watching import Watch

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    # Style sheets are not read again: only rules that are no part of the floor need them, and the policy forbids it.
    "preload": False,
}
# Of these, what the colours decide: all that the dark of a page can differ in from its light at the same width.
RULES_OF_COLOUR = {**RULES, "runOnly": ["color-contrast", "link-in-text-block"]}
# A colour on its way to another is neither the one nor the other.
RUN_AXE = """async ([part, rules]) => {
    document.getAnimations().forEach(animation => animation.finish());
    return (await axe.run(part, rules)).violations;
}"""
WHOLE = {"include": [["html"]]}
# What stands around the content of every page of ours, and of every page of the administration.
WITHOUT_FRAME = {**WHOLE, "exclude": [["header.topbar"], ["#navigation"], ["#header"], ["#nav-sidebar"]]}
# The page's own script hears of another scheme a moment later.
HAS_FOLLOWED = "other => getComputedStyle(document.documentElement).colorScheme !== other"
HEIGHT = 900


def failures(page: Page, watch: Watch, *, frame: bool = True) -> list[str]:
    """
    Return what is below the floors on the page that is open: in light, in dark, on a phone, and to the browser.

    Without its `frame`, which others have too, what only the colours of the dark at full width decide is left out: the
    colours of a page's content are the same at each width.
    """
    page.evaluate(AXE_SCRIPT)
    found, part = headings(page), WHOLE if frame else WITHOUT_FRAME
    looks = [("light", 1280, RULES), *([("dark", 1280, RULES_OF_COLOUR)] if frame else []), ("dark", 390, RULES)]
    for scheme, width, rules in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(HAS_FOLLOWED, arg={"light": "dark", "dark": "light"}[scheme])
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found += [f"{scheme}, {width} px: {failure}" for failure in [*violations(page, rules, part), *overflow(page)]]
    page.set_viewport_size({"width": 360, "height": HEIGHT})
    return [*found, *(f"360 px: {failure}" for failure in overflow(page)), *watch.problems()]


def headings(page: Page) -> list[str]:
    """Return what is wrong with the title and the main heading."""
    count = page.locator("h1").count()
    return [*([] if page.title().strip() else ["no title"]), *([] if count == 1 else [f"{count} h1"])]


def violations(page: Page, rules: dict, part: dict = WHOLE) -> list[str]:
    """Return what axe finds on a part of the page, rule and element; `AXE_SCRIPT` must be in the page."""
    found = page.evaluate(RUN_AXE, [part, rules])
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def overflow(page: Page) -> list[str]:
    """Return the page's width if it is more than the window's."""
    width = page.evaluate(
        "document.documentElement.scrollWidth > innerWidth ? document.documentElement.scrollWidth : 0"
    )
    return [f"{width} px wide"] if width else []
