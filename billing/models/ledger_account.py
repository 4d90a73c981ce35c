"""The accounts of the journal: which number and name the accountant gives to what."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.period import PeriodClosing
from customerflow.constraints import text_fits
from customerflow.records import Record, page_of_record


class LedgerAccountQuerySet(models.QuerySet):
    """Accounts of the journal, chosen. There are few."""

    def search(self, text: str) -> "LedgerAccountQuerySet":
        """Return the accounts in whose number or name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(models.Q(number__icontains=word) | models.Q(name__icontains=word))
        return found


class LedgerAccount(Record):
    """
    An account of the journal: what is posted at `place` stands on it, from the day `from_day` on, or ever since.

    A place is written from the general to the special, such as `revenue`, `revenue:plan` and `revenue:plan:7`; what has
    no account of its own stands on that of the nearest place above it. In a closed period nothing of it changes.
    """

    place = models.CharField(_("for"), max_length=60)
    number = models.CharField(_("number"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    from_day = models.DateField(
        _("from"), null=True, blank=True, help_text=_("The first day of this number and name. Empty: ever since.")
    )

    objects = LedgerAccountQuerySet.as_manager()

    reference_field = None
    # The columns that `clean` looks at.
    rules_are_about = frozenset({"place", "number", "name", "from_day"})

    class Meta:
        ordering = ["number", "pk"]
        verbose_name = _("ledger account")
        indexes = [models.Index(fields=["number", "id"], name="ledger_account_by_number")]
        constraints = [
            text_fits("place", 60, shortest=1),
            text_fits("number", 20, shortest=1),
            text_fits("name", 100, shortest=1),
            models.UniqueConstraint(
                fields=["place", "from_day"],
                name="billing_ledgeraccount_one_a_day",
                violation_error_message=_("There is an account for this from that day already."),
            ),
            models.UniqueConstraint(
                fields=["place"],
                condition=models.Q(from_day=None),
                name="billing_ledgeraccount_one_ever_since",
                violation_error_message=_("There is an account for this already: add one from a day on."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return page_of_record("billing:ledgeraccount_detail", self.pk)

    def clean(self) -> None:
        """Raise `ValidationError` for what would change the journal of a closed period."""
        super().clean()
        closed = PeriodClosing.objects.closed_to()
        if closed is None:
            return
        stored = LedgerAccount.objects.filter(pk=self.pk).first() if self.pk else None
        if any(each and (each.from_day is None or each.from_day <= closed) for each in (self, stored)):
            raise ValidationError(
                _("The books are closed up to %(day)s, and stay as they are: add an account from a later day on.")
                % {"day": closed}
            )
