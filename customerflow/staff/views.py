"""Coming in, going out, and one's own account."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.generic import FormView

from customerflow.refusals import acting, show_refusal
from customerflow.staff.absence import be_away
from customerflow.staff.forms import AwayForm, LoginForm, NoticesForm
from customerflow.staff.notices import choose_notices


class Login(views.LoginView):
    """The log-in page. Who is logged in already goes on to where they wanted to be."""

    authentication_form = LoginForm
    redirect_authenticated_user = True


@method_decorator(login_not_required, name="dispatch")
class Logout(views.LogoutView):
    """The way out. It is open to strangers: who asks for it after the session has ended is out already."""


class Account(FormView):
    """Who I am here, what my groups let me do, until when I am away, and of what I am told."""

    template_name = "registration/account.html"
    form_class = AwayForm
    success_url = reverse_lazy("account")

    def get_initial(self) -> dict[str, object]:
        return {"until": self.request.user.away_until, "notices": self.request.user.notices}

    def get_context_data(self, **context: object) -> dict[str, object]:
        forms = {"form": AwayForm(initial=self.get_initial()), "notices_form": NoticesForm(initial=self.get_initial())}
        return super().get_context_data(
            **forms
            | {"groups": self.request.user.groups.order_by("name"), "is_email_on": settings.EMAIL_IS_ON}
            | context
        )

    def form_valid(self, form: AwayForm) -> HttpResponse:
        until = form.cleaned_data["until"]
        try:
            with acting():
                be_away(user=self.request.user, until=until, on=localdate())
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        said = _("You are away until %(until)s.") % {"until": until} if until else _("You are here.")
        messages.success(self.request, said)
        return super().form_valid(form)


class ChooseNotices(Account):
    """The second form of that page."""

    http_method_names = ["post"]
    form_class = NoticesForm

    def form_valid(self, form: NoticesForm) -> HttpResponse:
        choose_notices(user=self.request.user, notices=form.cleaned_data["notices"])
        messages.success(self.request, _("Your choice is saved."))
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: NoticesForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(notices_form=form))
