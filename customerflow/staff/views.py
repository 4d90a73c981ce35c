"""Coming in, going out, and one's own account."""

from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from customerflow.staff.forms import LoginForm


class Login(views.LoginView):
    """The log-in page. Who is logged in already goes on to where they wanted to be."""

    authentication_form = LoginForm
    redirect_authenticated_user = True


@method_decorator(login_not_required, name="dispatch")
class Logout(views.LogoutView):
    """The way out. It is open to strangers: who asks for it after the session has ended is out already."""


class Account(TemplateView):
    """Who I am here, and what my groups let me do."""

    template_name = "registration/account.html"

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(groups=self.request.user.groups.order_by("name"), **context)
