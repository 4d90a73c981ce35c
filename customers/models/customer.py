"""Customers and the people to talk to there."""

from collections.abc import Collection

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import between, one_of, text_fits
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import KeyField, fold, natural_key
from customers.models.former_number import FormerNumber
from customers.phones import MAX_LENGTH, digits_of, e164_of, validate_phone


def languages() -> list[tuple[str, str]]:
    """Return the languages that customers may be written to in."""
    return list(settings.LANGUAGES)


def name_key(record: "Customer | Contact") -> str:
    """Return the key that people and companies are sorted by."""
    return fold(record.name)


def number_key(customer: "Customer") -> str:
    """Return the key by which A-9 comes before A-10."""
    return natural_key(customer.number)


def phone_e164(record: "Customer | Contact") -> str:
    """Return the E.164 form of a record's phone."""
    return e164_of(record.phone)


def search_text(customer: "Customer") -> str:
    """Return what a search finds a customer by."""
    return search_text_of(customer.number, customer.name, customer.email, customer.phone, e164_of(customer.phone))


def contact_search_text(contact: "Contact") -> str:
    """Return what a search finds a contact by."""
    return search_text_of("", contact.name, contact.email, contact.phone, e164_of(contact.phone))


def search_text_of(number: str, name: str, email: str, phone: str, e164: str) -> str:
    """Return what a search finds a record with these values by; the phone in all its forms."""
    digits = digits_of(phone)
    local = "" if digits == phone or e164.endswith(digits) else digits
    return fold(" ".join(filter(None, (number, name, email, phone, local, e164))))


class CustomerQuerySet(SearchQuerySet):
    """Customers, chosen."""

    def lock_open(self, pk: int) -> "Customer":
        """
        Return a customer, locked until the transaction ends; raises `ValidationError` when the account is closed.

        Whatever a customer takes up begins with it, so that nothing is taken up while the account is being closed.
        """
        customer = self.select_for_update(no_key=True).get(pk=pk)
        if customer.is_closed:
            raise ValidationError(_("The customer's account is closed. Reopen it first."))
        return customer

    exact_fields = ("number",)
    prefix_fields = ("name_key",)


class Customer(Record):
    """
    A person or company that the operator serves.

    `number` is the account number: text, kept exactly as given. Neither e-mail nor phone is unique: families and
    companies share them.
    """

    class Status(models.TextChoices):
        LEAD = "lead", _("Lead")
        ACTIVE = "active", _("Active")
        CLOSED = "closed", _("Closed")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        LETTER = "letter", _("Letter")
        BOTH = "both", _("E-mail and letter")
        NONE = "none", _("Not at all")

    number = models.CharField(_("number"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=MAX_LENGTH, blank=True, validators=[validate_phone])
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    billing_day = models.PositiveSmallIntegerField(
        _("billing day"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text=_("Day of the month on which a billing cycle begins; in a shorter month, its last day."),
    )
    payment_terms = models.PositiveSmallIntegerField(
        _("payment terms"),
        default=14,
        validators=[MaxValueValidator(365)],
        help_text=_("Days from the issue of an invoice to the day it is due."),
    )
    is_tax_exempt = models.BooleanField(_("tax exempt"), default=False)
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        default="",
        db_default="",
        choices=languages,
        help_text=_("In which we write to the customer. Empty: ours."),
    )
    channel = models.CharField(
        _("reminders by"),
        max_length=10,
        choices=Channel,
        default=Channel.EMAIL,
        db_default=Channel.EMAIL.value,
        help_text=_("By e-mail: as a letter where there is no address."),
    )
    note = models.TextField(_("note"), blank=True, max_length=5_000)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)

    name_key = KeyField(max_length=200, derive=name_key)
    number_key = KeyField(max_length=96, derive=number_key)
    phone_e164 = KeyField(max_length=16, derive=phone_e164)
    search_text = SearchField(derive=search_text)

    objects = CustomerQuerySet.as_manager()

    # The columns that `clean` looks at.
    rules_are_about = frozenset({"status", "closed_on"})

    # What is erased on request, and in the history with it.
    personal_fields = ("name", "email", "phone", "note")
    # What people name a customer by, and type into a form.
    reference_field = "number"
    # A customer who was merged into another is found by the old number too.
    former_reference_field = "former_numbers__number"

    class Meta:
        ordering = ["name_key", "pk"]
        permissions = [
            ("merge_customer", "Can merge customers that are one"),
            ("erase_customer", "Can erase the personal data of customers who have left"),
        ]
        indexes = [
            models.Index(fields=["name_key", "id"], name="customer_by_name"),
            models.Index(fields=["number_key", "id"], name="customer_by_number"),
            models.Index(fields=["status", "name_key", "id"], name="customer_by_status"),
        ]
        constraints = [
            text_fits("number", 32, shortest=1),
            text_fits("name", 200, shortest=1),
            text_fits("email", 254),
            text_fits("phone", MAX_LENGTH),
            text_fits("note", 5_000),
            text_fits("language", 10),
            one_of("status", ["lead", "active", "closed"]),
            one_of("channel", ["email", "letter", "both", "none"]),
            between("billing_day", 1, 31),
            between("payment_terms", 0, 365),
            models.CheckConstraint(
                condition=Q(status="closed", closed_on__isnull=False)
                | (~Q(status="closed") & Q(closed_on__isnull=True)),
                name="customers_customer_closed_on_iff_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    def get_absolute_url(self) -> str:
        return page_of_record("customers:customer_detail", self.pk)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Raise `ValidationError` for a number that somebody has, or had before they were merged into another."""
        super().validate_unique(exclude)
        # Looked for last: a number that is given up while this happens is found in the one place or in the other.
        former = FormerNumber.objects.filter(number=self.number).select_related("customer").first()
        if former and "number" not in (exclude or ()):
            message = _("This number belonged to an account that is now %(customer)s. Choose another.")
            raise ValidationError({"number": message % {"customer": former.customer}})

    def clean(self) -> None:
        """Raise `ValidationError` for a closed account with a service that goes on."""
        super().clean()
        if not self.is_closed or not self.pk:
            return
        services = apps.get_model("customers.Service").objects.filter(location__customer=self)
        if services.filter(Q(ends_on=None) | Q(ends_on__gt=self.closed_on)).exists():
            raise ValidationError(_("A service of a closed account has its last day by the day of closing."))

    @property
    def is_closed(self) -> bool:
        """Whether the customer has left."""
        return self.status == self.Status.CLOSED

    @property
    def lookup_detail(self) -> str:
        """What tells customers of one name apart."""
        return " · ".join(filter(None, (self.phone, self.email)))

    @property
    def is_phone_dialable(self) -> bool:
        """Whether the phone can be dialled from anywhere."""
        return bool(self.phone_e164)


class ContactQuerySet(SearchQuerySet):
    """Contacts, chosen."""

    prefix_fields = ("name_key",)


class Contact(Record):
    """One more person to talk to at a customer."""

    class Role(models.TextChoices):
        BILLING = "billing", _("Billing")
        TECHNICAL = "technical", _("Technical")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts", verbose_name=_("customer"))
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.OTHER)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=MAX_LENGTH, blank=True, validators=[validate_phone])

    name_key = KeyField(max_length=200, derive=name_key)
    phone_e164 = KeyField(max_length=16, derive=phone_e164)
    search_text = SearchField(derive=contact_search_text)

    objects = ContactQuerySet.as_manager()

    shown_with = ("customer",)
    personal_fields = ("name", "email", "phone")
    # A contact is found by name, never by a number.
    reference_field = None

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["name_key", "id"], name="contact_by_name")]
        constraints = [
            text_fits("name", 200, shortest=1),
            text_fits("phone", MAX_LENGTH),
            text_fits("email", 254),
            one_of("role", ["billing", "technical", "other"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    @property
    def lookup_detail(self) -> str:
        """What tells contacts of one name apart."""
        return f"{self.get_role_display()} · {self.customer}"
