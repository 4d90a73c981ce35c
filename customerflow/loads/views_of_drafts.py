"""The acts on a load that is made in the browser: sending files, checking, confirming, giving up."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.jobs.running import stop
from customerflow.loads.forms import FilesForm, PolicyForm
from customerflow.loads.making import add_files, check, confirm, give_up, make_draft
from customerflow.loads.models import Load
from customerflow.loads.moving import make_draft_of_profile
from customerflow.loads.profiles import Profile
from customerflow.loads.views import OneLoad
from customerflow.screens import Screen

ADD = "loads.add_load"


class SendFiles:
    """A page that takes large files; see `customerflow.security`."""

    # With room for the fields beside the files.
    body_limit = settings.UPLOAD_LIMIT + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body_permission = ADD


class LoadCreate(SendFiles, Screen, generic.FormView):
    """The page that takes the files of a new load."""

    action = "create"
    model = Load
    form_class = FilesForm
    template_name_suffix = "_form"

    def get_form_kwargs(self) -> dict[str, object]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def form_valid(self, form: FilesForm) -> HttpResponse:
        try:
            what, files = form.cleaned_data["what"], form.cleaned_data["files"]
            make = make_draft_of_profile if isinstance(what, Profile) else make_draft
            load = make(files, what, by=self.request.user)
        except ValidationError as refusal:
            form.add_error("files", refusal)
            return self.form_invalid(form)
        files = list(load.files.values_list("pk", flat=True))
        return redirect("loads:draft_file", load.pk, files[0]) if len(files) == 1 else redirect(load)

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(upload_limit=settings.UPLOAD_LIMIT, **context)


class DraftAct(OneLoad, generic.View):
    """An act on a draft, for the person whose it is; a refusal is shown on the page of the load."""

    http_method_names = ["post"]
    permission_required = ADD

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return self.do() or redirect(self.load)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect(self.load)

    def do(self) -> HttpResponse | None:
        """Do it; return where to go, None for the page of the load. Raises `ValidationError`."""
        raise NotImplementedError


class DraftFiles(SendFiles, DraftAct):
    """Adding files to a draft."""

    def do(self) -> None:
        form = FilesForm(self.request.POST, self.request.FILES, user=self.request.user, is_new=False)
        if not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        add_files(self.load, form.cleaned_data["files"], form.cleaned_data["what"])


class DraftCheck(DraftAct):
    """Checking a draft with the policy that was chosen."""

    def do(self) -> None:
        kinds = list(self.load.files.values_list("kind", flat=True))
        form = PolicyForm(self.request.POST, instance=self.load, kinds=kinds)
        if not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        check(self.load, **form.policy())


class DraftConfirm(DraftAct):
    """Loading what was shown."""

    def do(self) -> None:
        posted = self.request.POST
        confirm(
            self.load,
            turn=posted.get("turn", ""),
            number=posted.get("number", ""),
            skip_refused="skip_refused" in posted,
        )


class DraftStop(DraftAct):
    """Stopping the check or the load; nothing is loaded then."""

    def do(self) -> None:
        if self.load.job is None:
            raise ValidationError(_("It has ended already."))
        stop(self.load.job)


class DraftGiveUp(DraftAct):
    """Throwing a draft away, with its files."""

    def do(self) -> HttpResponse:
        give_up(self.load)
        messages.success(self.request, _("Given up: %(name)s. Its files are removed.") % {"name": self.load.name})
        return redirect("loads:load_list")
