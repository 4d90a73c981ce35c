"""The pages on which an incident is given back: proposing, posting and discarding credits."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.jobs.models import Job
from incidents.credit_figures import figures_of
from incidents.posting import post_credits
from incidents.proposing import discard_credits, propose_credits
from incidents.views import IncidentAct

PROPOSE_RIGHTS = ("incidents.view_incident", "incidents.add_credit")
POST_RIGHTS = (*PROPOSE_RIGHTS, "billing.add_creditnote")


class CreditAct(IncidentAct):
    """An act on the credits of an incident."""

    form_class = forms.Form
    rights = PROPOSE_RIGHTS

    def get_permission_required(self) -> tuple[str, ...]:
        return self.rights


class ProposeCredits(CreditAct):
    """Working out what is given back; nothing is on the books yet."""

    heading = _("Propose credits")
    explanation = _(
        "Each service it hit is given its price for the lost minutes. Minutes of a pause, before its beginning and"
        " after its end count for nothing, and so do those that another incident gave something for. What one service"
        " is given is rounded once, half up. Nothing is on the books before you have seen it and post it."
    )
    button = _("Propose")
    done = _("Credits are worked out: {}.")

    def act(self) -> Job:
        return propose_credits(incident=self.object, by=self.request.user)


class PostCredits(CreditAct):
    """Giving back what is proposed."""

    rights = POST_RIGHTS
    heading = _("Post the credits")
    explanation = _(
        "Each customer gets one credit note, with tax. It settles what is open, oldest due first; the rest is used by"
        " the next bill."
    )
    button = _("Post")
    done = _("Credits are posted: {}.")

    def get_template_names(self) -> list[str]:
        return ["incidents/post_credits.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(figures=figures_of(self.object), **context)

    def act(self) -> Job:
        return post_credits(incident=self.object, on=timezone.localdate(), by=self.request.user)


class DiscardCredits(CreditAct):
    """Discarding what is proposed."""

    heading = _("Discard the proposal")
    explanation = _("What is proposed, left out or parked goes. What is posted stays.")
    button = _("Discard")
    done = _("Discarded what was proposed: {}.")

    def act(self) -> None:
        if not discard_credits(incident=self.object):
            raise ValidationError(_("Nothing is proposed that could be discarded."))
