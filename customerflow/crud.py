"""
The screens of a model: list, detail, create, update, delete, and the type-ahead that finds a record.

An app names its screens in its `urls.py`::

    urlpatterns = [
        *crud(Customer, table=CustomerTable, filterset=CustomerFilter, form=CustomerForm),
    ]

Each screen is one of Django's own generic views and the rules that hold for all: the permission, the template, the
links and the messages follow from the model. To change a screen, subclass its view and pass it; to leave one out, pass
`None`. There are no options for one model.
"""

from collections import Counter
from collections.abc import Collection

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, ProtectedError
from django.db.models.deletion import Collector
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.changes.images import model_of
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.recording import Recording
from customerflow.changes.tracked import is_tracked
from customerflow.conflicts import OpenedScreen, SeenScreen
from customerflow.filters import ListFilter
from customerflow.forms import RecordForm
from customerflow.lists import ListScreen
from customerflow.lookup import lookup_results
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen
from customerflow.tables import Table


class DetailScreen(Screen, generic.DetailView):
    """The page of one record."""

    action = "detail"

    def with_parts(self) -> list[models.Model]:
        """Return the records whose history the page shows, loaded with what names them: the record, and its parts."""
        return [self.object]


class LookupScreen(Screen, generic.View):
    """The matches of a type-ahead, as JSON."""

    action = "lookup"

    def get(self, request: HttpRequest) -> HttpResponse:
        return lookup_results(request, self.records())

    def records(self) -> models.QuerySet:
        """Return the records to choose from."""
        return self.model._default_manager.all()


class FormScreen(Screen):
    """What creating and changing share."""

    template_name_suffix = "_form"
    success_text = ""
    act = ""

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()

    def form_valid(self, form: RecordForm) -> HttpResponse:
        form.by = self.request.user
        try:
            with acting(self.act) as recording:
                is_accepted = self.accept(form)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            is_accepted = False
        if not is_accepted:
            return self.form_invalid(form)
        self.say(self.success_text, self.object, recording.change_set)
        return redirect(self.get_success_url())

    def accept(self, form: RecordForm) -> bool:
        """Save what the form holds, inside a transaction; return False where it is refused."""
        raise NotImplementedError


class CreateScreen(FormScreen, generic.CreateView):
    """The form that adds a record. Its address may fill in fields: `?customer=1042`."""

    action = "create"

    @property
    def act(self) -> str:
        """What the history calls it."""
        return _("%(kind)s added") % {"kind": capfirst(self.model._meta.verbose_name)}

    @property
    def success_text(self) -> str:
        return _("Added: {}.")

    def get_initial(self) -> dict[str, object]:
        fields = self.get_form_class().base_fields
        # What a form hides is its own: an address must not decide it.
        seen = {name for name, field in fields.items() if not field.widget.is_hidden}
        return {**super().get_initial(), **{k: v for k, v in self.request.GET.items() if k in seen}}

    def accept(self, form: RecordForm) -> bool:
        self.object = form.save()
        return True


class UpdateScreen(OpenedScreen, FormScreen, generic.UpdateView):
    """The form that changes a record; never over a colleague's change."""

    action = "update"
    # What is said of a colleague's changes that were saved along.
    merged_text = ""

    @property
    def act(self) -> str:
        """What the history calls it."""
        return _("%(kind)s changed") % {"kind": capfirst(self.model._meta.verbose_name)}

    @property
    def success_text(self) -> str:
        return _("Saved: {}.")

    def form_invalid(self, form: RecordForm) -> HttpResponse:
        # The page is called as the record is stored, not as it was typed.
        self.object = self.get_object()
        return super().form_invalid(form)

    def accept(self, form: RecordForm) -> bool:
        stored = self.model._default_manager.select_for_update().get(pk=self.object.pk)
        if form.refuse_stale(stored):
            return False
        form.instance.version = stored.version + 1
        self.object = form.save()
        self.merged_text = form.merged_text()
        return True

    def say(self, text: str, record: models.Model | str, change_set: ChangeSet | None = None) -> None:
        """Tell the person what was done, and what a colleague did meanwhile."""
        super().say(text, record, change_set)
        if self.merged_text:
            messages.info(self.request, self.merged_text)


class DeleteScreen(SeenScreen, Screen, generic.DeleteView):
    """
    The page that says what would go too, or what stands in the way, and removes a record.

    Removed is what the person saw, and no more: where the record was changed meanwhile, or something else would go with
    it, the page comes back.
    """

    action = "delete"
    template_name_suffix = "_confirm_delete"

    def remove(self, record: models.Model) -> None:
        """Remove `record`; raises `ValidationError` or `ProtectedError` when it cannot be."""
        # Not record.delete(), which takes the key away from the record that the page is about.
        self.model._default_manager.filter(pk=record.pk).delete()

    def consequences(self) -> tuple[list[str], list[str]]:
        """Return in words what would be removed too, and what stands in the way of it."""
        return consequences(self.object)

    def get_success_url(self) -> str:
        return self.link_to("list") or reverse("home")

    def get_context_data(self, **context: object) -> dict[str, object]:
        goes_too, in_the_way = self.consequences()
        return super().get_context_data(**{"goes_too": goes_too, "in_the_way": in_the_way, **context})

    def form_valid(self, form) -> HttpResponse:
        name = str(self.object)
        if self.is_stale():
            return self.show_again(stale=self.stale_text)
        try:
            with acting(_("%(kind)s removed") % {"kind": capfirst(self.model._meta.verbose_name)}) as recording:
                self.remove(self.object)
                self.refuse_stale(recording)
                self.refuse_unseen(recording)
        except ProtectedError:
            return self.show_again()
        except ValidationError as error:
            self.look_again()
            if getattr(error, "code", "") == "stale":
                return self.show_again(stale=self.stale_text if self.meanwhile else error.message)
            return self.show_again(refusals=error.messages)
        self.say(_("Removed: {}."), name, recording.change_set)
        return redirect(self.get_success_url())

    def show_again(self, **context: object) -> HttpResponse:
        """Answer with the page as it is now."""
        return self.render_to_response(self.get_context_data(**context))

    def refuse_unseen(self, recording: Recording) -> None:
        """Raise `ValidationError` where something else went with the record than the person was shown."""
        if "version" not in self.request.POST:
            return
        changes = Change.objects.filter(change_set=recording.change_set_id, action=Change.Action.DELETE).order_by()
        gone = Counter({model_of(kind): count for kind, count in changes.values_list("kind").annotate(Count("pk"))})
        gone[self.model] -= 1
        if sorted(in_numbers(+gone)) != sorted(self.request.POST.getlist("going")):
            message = _("Meanwhile something else would go with it. Nothing was removed. Look again.")
            raise ValidationError(message, code="stale")


class PartialCollector(Collector):
    """What goes with a record, as if the records of some kinds did not depend on anything."""

    stepping_aside: Collection[type[models.Model]] = ()

    def related_objects(self, related_model: type[models.Model], *args: object) -> models.QuerySet:
        found = super().related_objects(related_model, *args)
        return found.none() if related_model in self.stepping_aside else found


def consequences(
    record: models.Model, *, stepping_aside: Collection[type[models.Model]] = ()
) -> tuple[list[str], list[str]]:
    """
    Return in words what would be removed with `record`, and what stands in the way of it.

    Records of the kinds `stepping_aside` do neither: the act that removes sees to them first.
    """
    collector = PartialCollector(using=record._state.db)
    collector.stepping_aside = stepping_aside
    in_the_way: list[models.Model] = []
    try:
        collector.collect([record])
    except ProtectedError as error:
        in_the_way = list(error.protected_objects)
    going = [each for group in collector.data.values() for each in group if each != record]
    going += [each for group in collector.fast_deletes for each in group]
    # What is made from other records is nothing that a person would miss.
    return counted([each for each in going if is_tracked(type(each))]), counted(in_the_way)


def counted(records: list[models.Model]) -> list[str]:
    """Return how many records there are of each kind, in words."""
    return in_numbers(Counter(type(record) for record in records))


def in_numbers(kinds: Counter[type[models.Model]]) -> list[str]:
    """Return the numbers of records of each kind in words, such as "2 services"."""
    return [
        f"{number} {model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural}"
        for model, number in kinds.items()
    ]


def crud(
    model: type[models.Model],
    *,
    table: type[Table] | None,
    filterset: type[ListFilter] | None,
    form: type[RecordForm] | None,
    list_view: type[ListScreen] | None = ListScreen,
    detail_view: type[DetailScreen] | None = DetailScreen,
    create_view: type[CreateScreen] | None = CreateScreen,
    update_view: type[UpdateScreen] | None = UpdateScreen,
    delete_view: type[DeleteScreen] | None = DeleteScreen,
    lookup_view: type[LookupScreen] | None = LookupScreen,
) -> list:
    """Return the addresses of a model's screens."""
    name, base = model._meta.model_name, slugify(model._meta.verbose_name_plural)
    screens = [
        ("list", "", list_view, {"table_class": table, "filterset_class": filterset}),
        ("lookup", "lookup/", lookup_view, {}),
        ("create", "new/", create_view, {"form_class": form}),
        ("detail", "<int:pk>/", detail_view, {}),
        ("update", "<int:pk>/edit/", update_view, {"form_class": form}),
        ("delete", "<int:pk>/delete/", delete_view, {}),
    ]
    return [
        path(f"{base}/{route}", view.as_view(model=model, **options), name=f"{name}_{action}")
        for action, route, view, options in screens
        if view
    ]
