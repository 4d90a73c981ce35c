"""The page of the books check: what the last one found, and the button that begins another."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import TemplateView

from billing.books.work import Outcome, begin_check, last_check, running_check


class BooksPage(PermissionRequiredMixin, TemplateView):
    """What the last check of the books found, with the way to each record, and what to do."""

    permission_required = "billing.view_invoice"
    raise_exception = True
    template_name = "billing/books.html"

    def get_context_data(self, **context: object) -> dict[str, object]:
        last = last_check()
        return super().get_context_data(
            outcome=last and Outcome.of(last, self.request.user), running=running_check(), **context
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Let a worker check the books as of today, and go to its job: to the one that is being done, if one is."""
        job = begin_check(on=timezone.localdate(), by=request.user)
        return redirect(job if job.is_visible_to(request.user) else request.path)
