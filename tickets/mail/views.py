"""The pages of e-mails that came in, and the way to send again what failed."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import generic

from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.refusals import acting
from customerflow.screens import Screen
from customers.models import Customer
from tickets.mail.belonging import likely_customers
from tickets.mail.forms import SortForm
from tickets.mail.receiving import dismiss_mail, sort_mail
from tickets.mail.sending import send_again
from tickets.models import IncomingMail, Ticket, TicketEmail

SORT = "tickets.change_incomingmail"


class MailDetail(DetailScreen):
    """An e-mail as text: never what its HTML would show."""

    model = IncomingMail

    def get_queryset(self):
        return IncomingMail.objects.select_related("message__ticket__customer", "sorted_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        mail = self.object
        may_sort = mail.may_be_sorted and self.request.user.has_perm(SORT)
        likely = likely_customers(mail) if may_sort else []
        return super().get_context_data(may_sort=may_sort, likely=likely, sort_form=SortForm(), **context)


class MailSort(ActScreen):
    """Choosing the customer or the ticket of an e-mail that waits, or was left aside."""

    model = IncomingMail
    permission_required = SORT
    form_class = SortForm
    heading = _("Sort e-mail")
    explanation = _("It opens a ticket of the customer, or joins the ticket.")
    button = _("Take it")
    done = _("Taken onto {}.")

    def act(self, *, customer: Customer | None, ticket: Ticket | None) -> Ticket:
        at, by = timezone.now(), self.request.user
        mail = sort_mail(mail=self.object, customer=customer, ticket=ticket, at=at, by=by)
        return mail.message.ticket


class MailDismiss(ActScreen):
    """Saying of an e-mail that it is nobody's."""

    model = IncomingMail
    permission_required = SORT
    form_class = forms.Form
    heading = _("Dismiss e-mail")
    explanation = _("It comes onto no ticket. Its text stays on record, the files that came with it go.")
    button = _("Dismiss")
    done = _("Dismissed: {}.")

    def act(self) -> None:
        dismiss_mail(mail=self.object, at=timezone.now(), by=self.request.user)


class EmailAgain(Screen, generic.View):
    """Sending again what failed."""

    http_method_names = ["post"]
    model = TicketEmail
    permission_required = "tickets.change_ticket"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        email = get_object_or_404(TicketEmail.objects.select_related("message__ticket"), pk=pk)
        try:
            with acting():
                send_again(email=email, at=timezone.now(), by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("It will be sent again: the page of the ticket shows when."))
        return redirect(email.message.ticket)
