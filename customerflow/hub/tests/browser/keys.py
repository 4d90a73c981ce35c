"""Working by keyboard alone."""

from playwright.sync_api import Locator, Page

# What a person sees of the focus: a frame around the element. Around the button inside a date field, which is then not
# focused itself, the browser draws its own.
FOCUS_IS_SEEN = """() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const framed = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    return framed || element.matches("input[type=date]:not(:focus)");
}"""
FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"
# The history of a customer stands behind the panels of all that is theirs.
FURTHEST = 40


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus; on the way there and at the end, the focus must be seen."""
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_SEEN), f"the focus is not seen: {page.evaluate(FOCUSED)}"
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{FURTHEST} presses of Tab do not lead to {wanted}")


def skip_to_content(page: Page) -> None:
    """Leave the navigation behind, as the first Tab of every page offers."""
    tab_to(page, page.get_by_role("link", name="Skip to the content"))
    page.keyboard.press("Enter")
