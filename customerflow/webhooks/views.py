"""The pages of webhooks: who is told of what, what they were told, and telling them again."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.forms import RecordForm
from customerflow.panels import panel
from customerflow.webhooks.addresses import check_address
from customerflow.webhooks.endpoints import change_secret, new_secret, redeliver, send_test
from customerflow.webhooks.models import PROGRAM, Delivery, Endpoint
from customerflow.webhooks.outbox import EVENTS, TEST
from customerflow.webhooks.program import check_program
from customerflow.webhooks.tables import DeliveryTable, events_in_words


class EndpointForm(RecordForm):
    """A system that is told of events."""

    events = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=lambda: [(name, label) for name, label in EVENTS.items() if name != TEST],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all, also those that are added later."),
    )

    class Meta:
        model = Endpoint
        fields = ("name", "url", "events", "is_active")

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        check_program() if url == PROGRAM else check_address(url)
        return url

    def save(self, commit: bool = True) -> Endpoint:
        self.instance.secret = self.instance.secret or new_secret()
        return super().save(commit)


class EndpointDetail(DetailScreen):
    """One webhook: its address, its secret for those who set it up, and what was sent to it."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        deliveries = self.object.deliveries.all()
        return super().get_context_data(
            deliveries=panel(DeliveryTable, deliveries, endpoint=self.object.pk),
            events=events_in_words(self.object),
            program=settings.NETWORK_COMMAND if self.object.is_program else "",
            **context,
        )


class DeliveryDetail(DetailScreen):
    """One delivery: what was sent, and every attempt."""

    def get_queryset(self):
        return Delivery.objects.select_related("endpoint").prefetch_related("tries")


class EndpointAct(ActScreen):
    """An act on a webhook that asks nothing but to be confirmed."""

    model = Endpoint
    form_class = forms.Form


class EndpointTest(EndpointAct):
    """Sending a message that says nothing, to see whether it arrives."""

    heading = _("Send a test call")
    explanation = _("A message of the kind “test” is sent, signed like all others. Its page shows what was answered.")
    button = _("Send the test call")
    done = _("Waits to be sent: {}.")

    def act(self) -> Delivery:
        return send_test(endpoint=self.object, at=timezone.now())


class EndpointSecret(EndpointAct):
    """Giving a webhook a new secret."""

    heading = _("Make a new secret")
    explanation = _("All is signed by it from now on: the receiver refuses messages until it knows the new one.")
    button = _("Make a new secret")
    done = _("A new secret: {}.")

    def act(self) -> Endpoint:
        return change_secret(endpoint=self.object)


class DeliveryAgain(ActScreen):
    """Sending a delivery once more."""

    model = Delivery
    form_class = forms.Form
    heading = _("Deliver again")
    explanation = _("The same message is sent once more, with the same message id.")
    button = _("Deliver again")
    done = _("Waits to be sent: {}.")

    def act(self) -> Delivery:
        if not self.object.endpoint.is_active:
            raise ValidationError(_("The webhook is switched off: nothing is sent to it."))
        return redeliver(delivery=self.object, at=timezone.now())
