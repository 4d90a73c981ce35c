"""The rules of the books about what the bank says: see `billing.books.check`."""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from billing.books.check import Check, register
from billing.books.stored import stored_as_declared

LINE = "bank.statementline"

register(
    Check(
        "bank-line-payments",
        _("The payments of an applied bank line come to its amount."),
        _("Take the line back on its page: its payments are reversed, and it can be applied again."),
        LINE,
        _("The line is %(first)s, its payments come to %(second)s."),
        is_money=True,
        sql="""
        SELECT line.id, line.amount, COALESCE(SUM(payment.amount), 0)
        FROM bank_statementline AS line
        LEFT JOIN bank_linepayment AS part ON part.line_id = line.id AND part.undone_on IS NULL
        LEFT JOIN billing_payment AS payment ON payment.id = part.payment_id
            AND (payment.reversed_on IS NULL OR part.returned_by_id IS NOT NULL)
        WHERE line.state = 'applied' AND line.kind = 'payment' AND line.amount > 0
        GROUP BY line.id, line.amount
        HAVING COALESCE(SUM(payment.amount), 0) <> line.amount""",
    ),
)
for model in apps.get_app_config("bank").get_models():
    register(*stored_as_declared(model))
