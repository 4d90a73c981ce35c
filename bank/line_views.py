"""The pages of the matching queue: a line, and what is done to it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views import generic

from bank.applying import accept_line
from bank.came_back import may_have_come_back
from bank.line_acts import next_open
from bank.models import Statement, StatementLine
from bank.tables import LineTable
from bank.tasks import job_to_accept, job_to_match, sure_lines
from billing.models import Invoice
from billing.offered_acts import Offered
from customerflow.crud import DetailScreen
from customerflow.jobs.models import Job
from customerflow.jobs.running import run_now
from customerflow.lists import ListScreen
from customerflow.refusals import acting
from customerflow.screens import Screen
from customerflow.tables import Column, link

State = StatementLine.State
SHOWN = 100
# So many payments that may have come back stand on the page of a line, each with its button.
PROPOSED = 5


class LineList(ListScreen):
    """The lines; of the open ones, the way to accept all that are sure."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        sure = sure_lines().exists() if self.request.user.has_perm("bank.change_statementline") else False
        return super().get_context_data(has_sure=sure, here=self.request.get_full_path(), **context)


class LineDetail(DetailScreen):
    """A line: what the bank says, whose it may be and why, and what to do."""

    def get_queryset(self) -> models.QuerySet:
        return StatementLine.objects.select_related("statement", "account", "customer", "handled_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        line = self.object
        invoices = Invoice.objects.filter(pk__in=line.offer.get("invoices", []))
        is_open = line.state in (State.OPEN, State.PARKED)
        may = self.request.user.has_perm("bank.change_statementline")
        return super().get_context_data(
            invoices=invoices if is_open else [],
            parts=line.parts.select_related("payment__customer", "returned_by"),
            acts=list(acts_on_line(line)) if may else [],
            may_accept=may and is_open and bool(line.customer_id or line.offer),
            came_back=may_have_come_back(line)[:PROPOSED] if may and is_open and line.is_unknown_return else [],
            following=next_open(line),
            **context,
        )


def acts_on_line(line: StatementLine):
    """Yield what a person may do with a line."""

    def page(name: str) -> str:
        return reverse(f"bank:line_{name}", args=[line.pk])

    if not line.is_incoming and line.state != State.APPLIED:
        yield Offered(_("A payment came back"), "arrow-left", page("return"), key="b")
    if line.state in (State.OPEN, State.PARKED):
        if line.is_incoming:
            yield Offered(_("Choose the customer"), "user", page("assign"), key="w")
            yield Offered(_("Split"), "columns", page("split"), key="s")
        if line.state == State.OPEN:
            yield Offered(_("Park"), "player-pause", page("park"), key="p")
        yield Offered(_("Ignore"), "x", page("ignore"), key="i")
    if line.state != State.OPEN:
        yield Offered(_("Take back"), "arrow-back-up", page("take_back"), is_grave=line.state == State.APPLIED, key="t")


class LineAccept(Screen, generic.View):
    """Accepting one line as it was matched: a click in the list, or on its page."""

    action = "update"
    model = StatementLine
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        key = request.POST.get("line", "")
        line = get_object_or_404(StatementLine, pk=key if key.isascii() and key.isdigit() and len(key) < 19 else None)
        try:
            with acting() as recording:
                accept_line(line=line, on=timezone.localdate(), by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(line)
        self.say(_t("Applied: {}."), line, recording.change_set)
        asked = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/"):
            return redirect(asked)
        return redirect(next_open(line) or line)


class LinesMatch(Screen, generic.View):
    """Matching all open lines anew: customers and invoices have come since."""

    action = "update"
    model = StatementLine
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        job = job_to_match()
        run_now(job)
        job.refresh_from_db()
        if job.state != Job.State.FINISHED:
            return redirect(job)
        messages.success(request, _t("%(number)d lines were matched anew.") % {"number": job.done})
        return redirect(f"{reverse('bank:statementline_list')}?state=open")


class SureLines(Screen, generic.TemplateView):
    """What is accepted when all sure lines are, shown before it is done."""

    action = "update"
    model = StatementLine
    template_name = "bank/sure_lines.html"

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    @property
    def statement(self) -> Statement | None:
        """The statement whose lines alone are meant."""
        asked = self.request.GET.get("statement") or self.request.POST.get("statement") or ""
        return (
            Statement.objects.filter(pk=asked).first()
            if asked.isascii() and asked.isdigit() and len(asked) < 19
            else None
        )

    def get_context_data(self, **context: object) -> dict[str, object]:
        lines = sure_lines(self.statement.pk if self.statement else None)
        totals = lines.order_by().aggregate(count=models.Count("pk"), sum=models.Sum("amount"), last=models.Max("pk"))
        shown = list(lines.select_related("customer")[:SHOWN])
        table = SureTable(shown)
        return super().get_context_data(
            statement=self.statement, totals=totals, table=table, headings=table.columns, shown=len(shown), **context
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        up_to = request.POST.get("up_to", "")
        job = job_to_accept(
            statement=self.statement.pk if self.statement else None,
            up_to=int(up_to) if up_to.isascii() and up_to.isdigit() and len(up_to) < 19 else None,
        )
        if job is None:
            messages.info(request, _t("No line is sure now."))
            return redirect(f"{reverse('bank:statementline_list')}?state=open")
        run_now(job)
        return redirect(job)


class SureTable(LineTable):
    """Sure lines, as they are shown before they are accepted."""

    columns = (
        *(column for column in LineTable.columns if column.name not in ("state", "customer")),
        Column(
            "customer", _("Whose"), cell=lambda line: link(line.customer) if line.customer else line.get_kind_display()
        ),
        Column("why", _("Why")),
    )
