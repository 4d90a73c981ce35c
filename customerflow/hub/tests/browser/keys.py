"""Working by keyboard alone."""

from playwright.sync_api import Locator, Page

# What a person sees of the focus: a frame around the element.
FOCUS_IS_SEEN = """element => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
}"""
FURTHEST = 30


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus; on the way there and at the end, the focus must be seen."""
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.evaluate(FOCUS_IS_SEEN), f"the focus is not seen: {focused.evaluate('it => it.outerHTML')}"
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{FURTHEST} presses of Tab do not lead to {wanted}")


def skip_to_content(page: Page) -> None:
    """Leave the navigation behind, as the first Tab of every page offers."""
    tab_to(page, page.get_by_role("link", name="Skip to the content"))
    page.keyboard.press("Enter")
