"""What the browser must not have to report, whatever page is open."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# The console repeats each answer of 400 and above in these words; the answers themselves are watched.
REPEATED = "Failed to load resource"
# The browser itself stops a request that nobody waits for any more, and a navigation that turns out to be a download.
STOPPED = "net::ERR_ABORTED"


class Watch:
    """
    The problems of all pages of a browser context.

    They are errors and warnings in the console, errors of scripts, requests that fail or leave for another host, and
    answers of 400 and above unless the test expects their status.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin = context, origin
        self.expected: set[int] = set()
        self._problems: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._problems.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def problems(self) -> list[str]:
        """Return what was reported since the last call."""
        self.context.cookies()  # a question to the browser: its earlier reports arrive before the answer
        problems, self._problems = self._problems, []
        return problems

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(REPEATED):
            self._problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:")):
            self._problems.append(f"request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != STOPPED:
            self._problems.append(f"request failed: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self._problems.append(f"answer {response.status}: {response.url}")
