"""The acts of collections, from the worklist and the page of a customer."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.forms import ReasonForm
from customerflow.acts import ActScreen
from customers.models import Customer
from dunning.collecting import assign, finish_action, record_contact
from dunning.forms import AssignForm, CollectingForm, ContactForm, PromiseForm
from dunning.models import NextAction, Promise
from dunning.promises import broken_in_a_row, promise_to_pay, withdraw_promise

HTTP_FOUND = 302


def opened_from(request: HttpRequest) -> str:
    """Return the address of our page on which the person was; empty where it was none of ours."""
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host() or page.path == request.path:
        return ""
    return f"{page.path}?{page.query}" if page.query else page.path


class CollectingScreen(ActScreen):
    """An act about a customer who is late, which leads back to where it was opened."""

    model = Customer

    def get_initial(self) -> dict[str, object]:
        return {"back": opened_from(self.request)}

    def form_valid(self, form) -> HttpResponse:
        done, back = super().form_valid(form), self.request.POST.get("back", "")
        is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        return redirect(back) if done.status_code == HTTP_FOUND and is_ours else done


class ContactRecord(CollectingScreen):
    """Recording that a customer was called, written to or visited."""

    permission_required = "dunning.add_contactattempt"
    form_class = ContactForm
    heading = _("Record a contact")
    button = _("Record the contact")
    done = _("Contact recorded: {}.")

    def act(self, *, back: object, key, **values: object) -> None:
        today = timezone.localdate()
        record_contact(customer=self.object, on=today, by=self.request.user, key=str(key), **values)


class PromiseMake(CollectingScreen):
    """Recording what a customer promised to pay."""

    permission_required = "dunning.add_promise"
    form_class = PromiseForm
    heading = _("Promise to pay")
    button = _("Record the promise")
    done = _("Promise recorded: {}.")

    @property
    def explanation(self) -> str:
        """What the promise does, and how the customer kept the last ones."""
        said = _t("Until the end of the day no reminder goes out for the invoices that it is about.")
        broken = broken_in_a_row(self.object, timezone.localdate())
        if broken < settings.PROMISES_BROKEN:
            return said
        return f"{said} {_t('The last %(number)d promises of this customer were broken.') % {'number': broken}}"

    def get_form_kwargs(self) -> dict[str, object]:
        return super().get_form_kwargs() | {"customer": self.object}

    def act(self, *, back: object, key, invoices, **values: object) -> None:
        today, named = timezone.localdate(), invoices or None
        promise_to_pay(customer=self.object, invoices=named, on=today, by=self.request.user, key=str(key), **values)


class OwnerChange(CollectingScreen):
    """Saying who looks after a customer."""

    permission_required = "dunning.change_assignment"
    form_class = AssignForm
    heading = _("Who looks after this customer")
    button = _("Save")
    done = _("Owner saved: {}.")

    def get_form_kwargs(self) -> dict[str, object]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def act(self, *, owner) -> None:
        assign(customers=[self.object], owner=owner, on=timezone.localdate(), by=self.request.user)


class PromiseWithdraw(ActScreen):
    """Letting a promise hold nothing off any more."""

    model = Promise
    permission_required = "dunning.change_promise"
    form_class = ReasonForm
    heading = _("Withdraw this promise")
    explanation = _("Reminders go on from today. The promise stays on record.")
    button = _("Withdraw the promise")
    done = _("Withdrawn: {}.")

    def act(self, *, reason: str) -> Promise:
        return withdraw_promise(promise=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)


class ActionFinish(ActScreen):
    """Saying that something planned is done, or is not to be done any more."""

    model = NextAction
    permission_required = "dunning.change_nextaction"
    form_class = CollectingForm
    heading = _("This is done")
    explanation = _("It waits no longer. Record a contact instead where somebody was spoken to.")
    button = _("It is done")
    done = _("Done: {}.")

    def act(self, **_values: object) -> NextAction:
        return finish_action(action=self.object, on=timezone.localdate(), by=self.request.user)
