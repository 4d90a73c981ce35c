"""Whether the series of numbers have no gap and no double, and grow with the days."""

from django.utils.translation import gettext_lazy as _

from billing.books.check import Check

# The numbers that are ours, by database: "2026-000001" and "C2026-000001".
DIGITS = "[0-9]" * 4
MISSING = _("Find out what became of the missing document: it was removed past the program. Tell the accountant.")


def _numbered(table: str, prefix: str, ours: str) -> dict[str, str]:
    """Return, by database, the beginning of a query over the documents with the number of a series of ours."""
    start = len(prefix) + 6
    patterns = {
        "sqlite": f"""number GLOB '{prefix}{DIGITS}-[0-9]*' AND SUBSTR(number, {start}) NOT GLOB '*[^0-9]*'
            AND LENGTH(number) < {start + 15}""",
        "postgresql": f"number ~ '^{prefix}[0-9]{{4}}-[0-9]{{1,15}}$'",
    }
    return {
        vendor: f"""
        WITH numbered AS (
            SELECT id, number, issued_on, SUBSTR(number, {len(prefix) + 1}, 4) AS year,
                CAST(SUBSTR(number, {start}) AS bigint) AS place
            FROM {table} WHERE {pattern} {ours}
        ), ordered AS (
            SELECT id, number, issued_on, place,
                LAG(place, 1, CAST(0 AS bigint)) OVER (PARTITION BY year ORDER BY place, id) AS place_before,
                LAG(issued_on) OVER (PARTITION BY year ORDER BY place, id) AS issued_before
            FROM numbered
        )"""
        for vendor, pattern in patterns.items()
    }


def _gap_at_end(series: str) -> str:
    """Return the query for a series that has given out more numbers than there are documents."""
    return f"""
        SELECT NULL, series.name, series.next_number - 1 - COALESCE(MAX(numbered.place), 0)
        FROM series_numberseries AS series
        LEFT JOIN numbered ON '{series}-' || numbered.year = series.name
        WHERE series.name LIKE '{series}-%%' GROUP BY series.name, series.next_number
        HAVING series.next_number > COALESCE(MAX(numbered.place), 0) + 1"""


def _of_series(kind: str, series: str, numbered: dict[str, str]) -> tuple[Check, ...]:
    def query(rest: str) -> dict[str, str]:
        return {vendor: f"{beginning} {rest}" for vendor, beginning in numbered.items()}

    name = kind.partition(".")[2]
    return (
        Check(
            f"{name}-gap",
            _("The numbers of a series have no gap."),
            MISSING,
            kind,
            _("%(second)s numbers are missing before %(first)s."),
            sql=query("SELECT id, number, place - place_before - 1 FROM ordered WHERE place > place_before + 1"),
        ),
        Check(
            f"{name}-gap-at-end",
            _("Every number that a series gave out is on a document."),
            MISSING,
            "",
            _("%(second)s numbers at the end of the series %(first)s are on no document."),
            sql=query(_gap_at_end(series)),
        ),
        Check(
            f"{name}-double",
            _("No number of a series is on two documents."),
            _("One of the two was written past the program: find out which."),
            kind,
            _("The number %(first)s is on two documents."),
            sql=query("SELECT id, number, place FROM ordered WHERE place = place_before"),
        ),
        Check(
            f"{name}-order",
            _("The numbers of a series grow with the day of issue."),
            _("A document was issued with an earlier day than the one before it: tell the accountant."),
            kind,
            _("Issued on %(first)s, and the one before it on %(second)s."),
            sql=query("SELECT id, issued_on, issued_before FROM ordered WHERE issued_before > issued_on"),
        ),
    )


CHECKS = (
    *_of_series("billing.invoice", "invoice", _numbered("billing_invoice", "", "AND origin = ''")),
    *_of_series("billing.creditnote", "credit-note", _numbered("billing_creditnote", "C", "")),
    Check(
        "draft-number",
        _("A draft has no number, and every other invoice has one."),
        _("It was written past the program: compare the history."),
        "billing.invoice",
        _("Its state is “%(first)s”, its number “%(second)s”."),
        sql="""
        SELECT id, status, number FROM billing_invoice
        WHERE (status = 'draft' AND number IS NOT NULL) OR (status <> 'draft' AND number IS NULL)""",
    ),
)
