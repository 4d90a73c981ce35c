"""The pages of statements: sending a file, reading a bank's CSV for the first time, and what came of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.generic.edit import FormView

from bank.files.csv_statement import guess_layout, read_csv
from bank.files.reading import format_of
from bank.forms import ProfileForm, StatementForm
from bank.loading import gap_before, load_file
from bank.models import BankAccount, CsvProfile, Statement, StatementLine
from bank.tables import LinesOfOneTable
from bank.waiting_files import keep_file
from customerflow.crud import DetailScreen
from customerflow.loads.models import uploads
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.panels import panel
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen

# Where the file that is being looked at is remembered.
WAITING = "bank_csv"
SHOWN = 8


@contextmanager
def on_disk(sent: UploadedFile) -> Iterator[Path]:
    """Let a file that was sent be read by its path, and forget it."""
    with tempfile.NamedTemporaryFile(prefix="statement-") as file:
        for block in sent.chunks():
            file.write(block)
        file.flush()
        yield Path(file.name)


class StatementLoad(Screen, FormView):
    """Sending a statement file."""

    action = "create"
    model = Statement
    form_class = StatementForm
    template_name_suffix = "_form"
    # With room for the fields beside the file: see `customerflow.security`.
    body_limit = settings.UPLOAD_LIMIT + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body_permission = "bank.add_statement"

    def get_initial(self) -> dict[str, object]:
        accounts = list(BankAccount.objects.all()[:2])
        return {"account": accounts[0]} if len(accounts) == 1 else {}

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(has_account=BankAccount.objects.exists(), **context)

    def form_valid(self, form: StatementForm) -> HttpResponse:
        account, sent = form.cleaned_data["account"], form.cleaned_data["file"]
        with on_disk(sent) as path:
            try:
                if is_unknown_csv(path, account):
                    return self.ask_for_profile(form, account, path, sent.name)
                return load(self.request, path, sent.name, account)
            except ValidationError as refusal:
                show_refusal(form, refusal)
                return self.form_invalid(form)

    def ask_for_profile(self, form: StatementForm, account: BankAccount | None, path: Path, name: str) -> HttpResponse:
        """Keep the file, and ask how the files of this bank are read."""
        if account is None:
            form.add_error("account", _t("CSV does not name its account: choose it."))
            return self.form_invalid(form)
        forget(self.request)
        self.request.session[WAITING] = {"account": account.pk, "stored": keep_file(path), "name": name}
        return redirect("bank:csv_columns", account.pk)


def is_unknown_csv(path: Path, account: BankAccount | None) -> bool:
    """Return whether the file is CSV, and nobody has said yet how it is read."""
    try:
        return format_of(path) == "csv" and (account is None or account.csv_profile is None)
    except FileRefusedError as error:
        raise ValidationError({"file": error.reason}) from error


def load(request: HttpRequest, path: Path, name: str, account: BankAccount | None) -> HttpResponse:
    """Load a file, and go to its statement, or to all where it has several. Raises `ValidationError`."""
    with acting():
        loaded = load_file(path=path, name=name, account=account, on=timezone.localdate(), by=request.user)
    if loaded.is_repeat:
        messages.info(request, _t("This file was loaded before: nothing was done."))
    else:
        said = ngettext("%(new)d new line.", "%(new)d new lines.", loaded.new) % {"new": loaded.new}
        if loaded.known:
            said = f"{said} {_t('%(known)d were known from another file.') % {'known': loaded.known}}"
        messages.success(request, said)
    return redirect(loaded.statements[0]) if len(loaded.statements) == 1 else redirect("bank:statement_list")


def forget(request: HttpRequest) -> None:
    """Remove the file that waits in this session."""
    if waiting := request.session.pop(WAITING, None):
        uploads().delete(waiting["stored"])


class CsvColumns(Screen, FormView):
    """Saying how the CSV files of an account are read, with the first rows of one in sight; then it is loaded."""

    action = "update"
    model = BankAccount
    form_class = ProfileForm
    permission_required = "bank.add_csvprofile"

    def get_template_names(self) -> list[str]:
        return ["bank/csv_columns.html"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.account = get_object_or_404(BankAccount, pk=kwargs["pk"])
        self.waiting = request.session.get(WAITING) or {}
        if request.user.has_perm(self.permission_required) and not self.has_file():
            return redirect("bank:statement_create")
        return super().dispatch(request, *args, **kwargs)

    def has_file(self) -> bool:
        """Return whether a file of this account waits."""
        return self.waiting.get("account") == self.account.pk and uploads().exists(self.waiting["stored"])

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(uploads().path(self.waiting["stored"]))

    def get_form_kwargs(self) -> dict[str, object]:
        guessed, self.seen = guess_layout(self.path, name="statement.csv")
        profile = CsvProfile(name=self.account.name, **vars(guessed))
        return super().get_form_kwargs() | {"instance": profile, "headings": self.seen.headings}

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(**context)
        form = context["form"]
        lines, problem = [], ""
        try:
            is_asked = form.is_bound and form.is_valid()
            layout = form.layout() if is_asked else guess_layout(self.path, name="statement.csv")[0]
            lines = read_csv(self.path, layout, name="statement.csv")[0].lines
        except (FileRefusedError, CannotRunError) as error:
            problem = _t("Line %(line)d: %(why)s") % {"line": getattr(error, "line", 0), "why": error}
        rows = [row for row in self.seen.rows[:SHOWN] if not row.problem]
        return context | {
            "account": self.account,
            "object": self.account,
            "seen": self.seen,
            "rows": rows,
            "lines": lines[:SHOWN],
            "count": len(lines),
            "problem": problem,
        }

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        if "preview" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        try:
            with acting(_t("CSV profile added")):
                profile = form.save()
                self.account.csv_profile = profile
                self.account.version += 1
                self.account.save()
                answer = load(self.request, self.path, self.waiting["name"], self.account)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        forget(self.request)
        return answer


class StatementDetail(DetailScreen):
    """A statement: its balances, what became of its lines, and what to do next."""

    def get_queryset(self):
        return Statement.objects.select_related("account", "loaded_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        statement = self.object
        lines = statement.lines.all()
        counted = {
            row["state"]: row for row in lines.order_by().values("state").annotate(count=Count("pk"), sum=Sum("amount"))
        }
        return super().get_context_data(
            figures=[(state, counted.get(state.value)) for state in StatementLine.State],
            sure=lines.sure().count(),
            gap=gap_before(statement),
            lines=panel(LinesOfOneTable, lines, statement=str(statement.pk)),
            **context,
        )
