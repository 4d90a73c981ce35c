"""The statement of account as a letter."""

from collections.abc import Iterator

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from billing.documents.content import amount_text, column, day_text, letter, row
from billing.snapshots import snapshot_of
from billing.statement import Statement
from customerflow.money import format_money


def content_of_statement(statement: Statement) -> dict[str, object]:
    """Return what stands in `statement`, which is of the day on which it ends: it is made anew each time."""
    with translation.override(settings.LANGUAGE_CODE):
        to = snapshot_of(statement.customer)
        days = {"first": day_text(statement.first), "last": day_text(statement.last)}
        title = _("Statement of account")
        return {
            **letter(title=title, day=statement.last, name=to["customer_name"], address=to["customer_address"]),
            "facts": [
                (_("Customer number"), statement.customer.number),
                (_("From"), days["first"]),
                (_("To"), days["last"]),
            ],
            "columns": [
                column(_("Day")),
                column(_("What"), grows=True),
                column(_("Reference")),
                column(_("Amount (%(currency)s)") % {"currency": settings.CURRENCY}, number=True),
                column(_("Balance"), number=True),
            ],
            "rows": [*_rows(statement)],
            "sums": [],
            "total": (_("Balance on %(day)s") % {"day": days["last"]}, amount_text(statement.closing)),
            "closing": [_in_words(statement)],
        }


def _rows(statement: Statement) -> Iterator[dict[str, object]]:
    opening = format_money(statement.opening)
    yield row(day_text(statement.first), _("Opening balance"), "", "", opening, strong=True)
    for line in statement.lines:
        entry = line.entry
        amounts = format_money(entry.amount), format_money(line.balance)
        yield row(day_text(entry.posted_on), str(entry.kind.label), str(entry.reference or ""), *amounts)


def _in_words(statement: Statement) -> str:
    if statement.closing > 0:
        return _("This is what was owed to us at the end of the last day.")
    if statement.closing < 0:
        return _("This is in your favour: nothing was owed at the end of the last day.")
    return _("Nothing was owed at the end of the last day.")
