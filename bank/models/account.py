"""The accounts of the operator at banks, and how the CSV files of a bank are read."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bank.identifiers import clean_iban
from customerflow.constraints import at_least, one_of, text_fits
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold

DELIMITERS = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Bar |")}
DATE_ORDERS = {"ymd": _("Year, month, day"), "dmy": _("Day, month, year"), "mdy": _("Month, day, year")}
DECIMAL_SIGNS = {".": _("Point: 1,234.50"), ",": _("Comma: 1.234,50")}


class CsvProfile(Record):
    """
    How the CSV files of one bank are read: which heading is which field of a line, and how days and amounts look.

    `columns` maps the fields of `bank.files.csv_statement.FIELDS` to headings. An amount is in one column with its
    sign, or in two of which one holds what went out (`debit`) and the other what came in (`credit`).
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    delimiter = models.CharField(_("delimiter"), max_length=1, default=";", choices=list(DELIMITERS.items()))
    encoding = models.CharField(
        _("encoding"), max_length=30, blank=True, help_text=_("Such as cp1252; empty: by its mark, else UTF-8.")
    )
    header_line = models.PositiveSmallIntegerField(
        _("line of the headings"), default=0, help_text=_("0: the first that is not blank.")
    )
    date_order = models.CharField(_("order of dates"), max_length=3, default="ymd", choices=list(DATE_ORDERS.items()))
    decimal_sign = models.CharField(_("decimal sign"), max_length=1, default=".", choices=list(DECIMAL_SIGNS.items()))
    columns = models.JSONField(_("columns"), default=dict)

    search_text = SearchField(max_length=120, derive=lambda profile: fold(profile.name))

    objects = SearchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("CSV profile")
        verbose_name_plural = _("CSV profiles")
        constraints = [
            text_fits("name", 100, shortest=1),
            text_fits("encoding", 30),
            one_of("delimiter", list(DELIMITERS)),
            one_of("date_order", list(DATE_ORDERS)),
            one_of("decimal_sign", list(DECIMAL_SIGNS)),
            at_least("header_line", 0),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("bank:csvprofile_detail", self.pk)


def account_search_text(account: "BankAccount") -> str:
    """Return what a search finds an account by."""
    return fold(f"{account.name} {account.iban} {account.number}")


class BankAccount(Record):
    """
    An account of the operator. Its currency is that of the installation.

    Files name it by its IBAN, or, where there is none, by its `number`, as OFX files do.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    iban = models.CharField(_("IBAN"), max_length=42, null=True, blank=True, unique=True)
    number = models.CharField(
        _("account number"), max_length=34, blank=True, help_text=_("As OFX files name it, where there is no IBAN.")
    )
    csv_profile = models.ForeignKey(
        CsvProfile,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="accounts",
        verbose_name=_("CSV profile"),
        help_text=_("How its CSV files are read."),
    )

    search_text = SearchField(max_length=200, derive=account_search_text)

    objects = SearchQuerySet.as_manager()

    rules_are_about = frozenset({"iban"})

    class Meta:
        ordering = ["name"]
        verbose_name = _("bank account")
        constraints = [
            text_fits("name", 100, shortest=1),
            text_fits("iban", 34, shortest=5),
            text_fits("number", 34),
            models.UniqueConstraint(
                fields=["number"],
                condition=~Q(number=""),
                name="bank_bankaccount_number_once",
                violation_error_message=_("There is an account with this number already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("bank:bankaccount_detail", self.pk)

    def clean(self) -> None:
        """Bring the IBAN into its plain form; raises `ValidationError` for one that is none."""
        try:
            self.iban = clean_iban(self.iban) if self.iban else None
        except ValidationError as error:
            raise ValidationError({"iban": error}) from error
