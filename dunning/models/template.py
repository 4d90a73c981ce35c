"""What reminders say."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.records import Record, page_of_record
from customers.models.customer import languages
from dunning.variables import check_subject, check_text

LONGEST_TEXT = 5_000


def our_language() -> str:
    """Return the language of the installation, as far as it is one to choose from."""
    code = settings.LANGUAGE_CODE
    return code if code in dict(languages()) else code.partition("-")[0]


class TemplateQuerySet(models.QuerySet):
    """Texts, chosen. There are few."""

    def search(self, text: str) -> "TemplateQuerySet":
        """Return the texts in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found


class Template(Record):
    """
    The text of a reminder, as an e-mail and as a letter, in one language.

    Texts of one name are the same in several languages: a customer gets the one in theirs, where there is one. The
    words in braces, such as `{customer}`, are those of `dunning.variables`.
    """

    name = models.CharField(_("name"), max_length=100, help_text=_("The same in each language."))
    language = models.CharField(_("language"), max_length=10, choices=languages, default=our_language)
    subject = models.CharField(_("subject"), max_length=200, validators=[check_subject])
    email_text = models.TextField(_("text of the e-mail"), max_length=LONGEST_TEXT, validators=[check_text])
    letter_text = models.TextField(
        _("text of the letter"),
        max_length=LONGEST_TEXT,
        validators=[check_text],
        help_text=_("The table of invoices stands where it says {invoices}, else below the text."),
    )
    has_invoices = models.BooleanField(
        _("with the invoices"), default=False, help_text=_("The e-mail brings the PDF of each invoice once more.")
    )

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name", "language"]
        verbose_name = _("reminder text")
        verbose_name_plural = _("reminder texts")
        constraints = [
            text_fits("name", 100, shortest=1),
            text_fits("language", 10, shortest=1),
            text_fits("subject", 200, shortest=1),
            text_fits("email_text", LONGEST_TEXT, shortest=1),
            text_fits("letter_text", LONGEST_TEXT, shortest=1),
            models.UniqueConstraint(
                fields=["name", "language"],
                name="dunning_template_once_in_a_language",
                violation_error_message=_("There is a text of this name in this language already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    def get_absolute_url(self) -> str:
        return page_of_record("dunning:template_detail", self.pk)
