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

from django.contrib import messages
from django.contrib.auth import get_permission_codename
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.db.models.deletion import Collector
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.csv_export import csv_response
from customerflow.filters import ListFilter, page_size, sorting
from customerflow.forms import RecordForm
from customerflow.lookup import lookup_results
from customerflow.paging import SIZES, Order, Page, page_of
from customerflow.tables import Table

PERMISSIONS = {
    "list": "view",
    "detail": "view",
    "lookup": "view",
    "create": "add",
    "update": "change",
    "delete": "delete",
}


class Screen(PermissionRequiredMixin):
    """What all screens share: a permission by model and action, and links only where they lead."""

    action = ""
    model: type[models.Model] = None
    raise_exception = True

    def get_permission_required(self) -> list[str]:
        return [self.permission_for(self.action)]

    def permission_for(self, action: str) -> str:
        """Return the permission that `action` on the model needs."""
        opts = self.model._meta
        return f"{opts.app_label}.{get_permission_codename(PERMISSIONS[action], opts)}"

    def link_to(self, action: str, *args: object) -> str | None:
        """Return the address of a screen, or None if there is none or the person may not see it."""
        opts = self.model._meta
        try:
            address = reverse(f"{opts.app_label}:{opts.model_name}_{action}", args=args)
        except NoReverseMatch:
            return None
        return address if self.request.user.has_perm(self.permission_for(action)) else None

    def get_template_names(self) -> list[str]:
        opts = self.model._meta
        suffix = self.template_name_suffix
        return [f"{opts.app_label}/{opts.model_name}{suffix}.html", f"crud/object{suffix}.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        context |= {
            "opts": self.model._meta,
            "kind": capfirst(self.model._meta.verbose_name),
            "kinds": capfirst(self.model._meta.verbose_name_plural),
            "list_url": self.link_to("list"),
            "create_url": self.link_to("create"),
        }
        record = getattr(self, "object", None)
        if record is not None and record.pk:
            context |= {
                "update_url": self.link_to("update", record.pk),
                "delete_url": self.link_to("delete", record.pk),
            }
        return super().get_context_data(**context)

    def say(self, text: str, record: models.Model) -> None:
        """Tell the person what was done, with a link to the record."""
        messages.success(self.request, linked(text, record))


def linked(text: str, record: models.Model) -> str:
    """Return `text` with its `{}` replaced by a link to `record`."""
    return format_html(text, format_html('<a href="{}">{}</a>', record.get_absolute_url(), record))


class ListScreen(Screen, generic.TemplateView):
    """A list: filtered, sorted, in pages, or all of it as CSV."""

    action = "list"
    template_name_suffix = "_list"
    table_class: type[Table] = None
    filterset_class: type[ListFilter] = None

    def get_queryset(self) -> models.QuerySet:
        """Return all rows of the list, before filters."""
        return self.model._default_manager.all()

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.filterset = self.filterset_class(request.GET, self.get_queryset(), request=request)
        problems = self.filterset.errors_in_words()
        rows = self.model._default_manager.none() if problems else self.table_class.prepare(self.filterset.qs)
        try:
            self.sort, self.descending = sorting(self.table_class, request.GET.get("sort", ""))
            self.size = page_size(request.GET.get("size", ""))
            order = Order(self.table_class.column(self.sort).sort, self.descending)
            if request.GET.get("export") and not problems:
                return self.export(order.apply(rows))
            page = page_of(
                rows,
                order,
                size=self.size,
                after=request.GET.get("after", ""),
                before=request.GET.get("before", ""),
                last="last" in request.GET,
            )
        except ValidationError as error:
            problems += error.messages
            self.sort, self.descending, self.size = *sorting(self.table_class, ""), page_size("")
            page = Page([], 0, None)
        return self.render_to_response(self.get_context_data(page=page, problems=problems))

    def export(self, rows: models.QuerySet) -> HttpResponse:
        """Return exactly the filtered rows as a CSV file."""
        name = f"{slugify(self.model._meta.verbose_name_plural)}.csv"
        return csv_response(self.table_class.export(rows.iterator(chunk_size=2_000)), name)

    def get_context_data(self, **context: object) -> dict[str, object]:
        page, address = context["page"], self.filterset.without()
        table = self.table_class(page.rows)

        def with_(**parameters: str) -> str:
            changed = address.copy()
            changed.update(parameters)
            return f"?{changed.urlencode()}"

        return super().get_context_data(
            table=table,
            filter=self.filterset,
            headings=self.headings(),
            sizes=SIZES,
            size=self.size,
            sort=self.request.GET.get("sort", ""),
            export_url=with_(export="csv"),
            first_url=with_() if page.previous else "",
            previous_url=with_(before=page.previous) if page.previous else "",
            next_url=with_(after=page.following) if page.following else "",
            last_url=with_(last="1") if page.following else "",
            **context,
        )

    def headings(self) -> list[dict[str, str]]:
        """Return the columns' headings: label, css, the address that sorts by it, and how it is sorted now."""
        rest = self.filterset.without("sort")
        headings = []
        for column in self.table_class.columns:
            heading = {"label": column.label, "css": column.css}
            if column.sort:
                is_current = column.name == self.sort
                rest["sort"] = f"-{column.name}" if is_current and not self.descending else column.name
                heading["url"] = f"?{rest.urlencode()}"
                if is_current:
                    heading["sorted"] = "descending" if self.descending else "ascending"
            headings.append(heading)
        return headings


class DetailScreen(Screen, generic.DetailView):
    """The page of one record."""

    action = "detail"


class LookupScreen(Screen, generic.View):
    """The matches of a type-ahead, as JSON."""

    action = "lookup"

    def get(self, request: HttpRequest) -> HttpResponse:
        return lookup_results(request, self.model._default_manager.all())


class FormScreen(Screen):
    """What creating and changing share."""

    template_name_suffix = "_form"
    success_text = ""

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()

    def form_valid(self, form: RecordForm) -> HttpResponse:
        try:
            with transaction.atomic():
                form.by = self.request.user
                if not self.accept(form):
                    return self.form_invalid(form)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        except IntegrityError:
            form.add_error(
                None, _("A colleague has just saved a record that this one collides with. Look, then save again.")
            )
            return self.form_invalid(form)
        self.say(self.success_text, self.object)
        return redirect(self.get_success_url())

    def accept(self, form: RecordForm) -> bool:
        """Save what the form holds, inside a transaction; return False where it is refused."""
        raise NotImplementedError


class CreateScreen(FormScreen, generic.CreateView):
    """The form that adds a record. Its address may fill in fields: `?customer=1042`."""

    action = "create"

    @property
    def success_text(self) -> str:
        return _("Added: {}.")

    def get_initial(self) -> dict[str, object]:
        fields = self.get_form_class().base_fields
        return {**super().get_initial(), **{k: v for k, v in self.request.GET.items() if k in fields}}

    def accept(self, form: RecordForm) -> bool:
        self.object = form.save()
        return True


class UpdateScreen(FormScreen, generic.UpdateView):
    """The form that changes a record; never over a colleague's change."""

    action = "update"

    @property
    def success_text(self) -> str:
        return _("Saved: {}.")

    def accept(self, form: RecordForm) -> bool:
        stored = self.model._default_manager.select_for_update().get(pk=self.object.pk)
        if form.refuse_stale(stored):
            return False
        form.instance.version = stored.version + 1
        self.object = form.save()
        return True


class DeleteScreen(Screen, generic.DeleteView):
    """The page that says what would go too, or what stands in the way, and removes a record."""

    action = "delete"
    template_name_suffix = "_confirm_delete"

    def remove(self, record: models.Model) -> None:
        """Remove `record`; raises `ValidationError` or `ProtectedError` when it cannot be."""
        record.delete()

    def get_success_url(self) -> str:
        return self.link_to("list") or reverse("home")

    def get_context_data(self, **context: object) -> dict[str, object]:
        goes_too, in_the_way = consequences(self.object)
        return super().get_context_data(**{"goes_too": goes_too, "in_the_way": in_the_way, **context})

    def form_valid(self, form) -> HttpResponse:
        name = str(self.object)
        try:
            with transaction.atomic():
                self.remove(self.object)
        except ProtectedError:
            return self.render_to_response(self.get_context_data(form=form))
        except ValidationError as error:
            return self.render_to_response(self.get_context_data(form=form, refusals=error.messages))
        messages.success(self.request, _("Removed: %(name)s.") % {"name": name})
        return redirect(self.get_success_url())


def consequences(record: models.Model) -> tuple[list[str], list[str]]:
    """Return in words what would be removed with `record`, and what stands in the way of it."""
    collector = Collector(using=record._state.db)
    in_the_way: list[models.Model] = []
    try:
        collector.collect([record])
    except ProtectedError as error:
        in_the_way = list(error.protected_objects)
    going = [each for group in collector.data.values() for each in group if each != record]
    going += [each for group in collector.fast_deletes for each in group]
    return counted(going), counted(in_the_way)


def counted(records: list[models.Model]) -> list[str]:
    """Return how many records there are of each kind, in words."""
    kinds: dict[type[models.Model], int] = {}
    for record in records:
        kinds[type(record)] = kinds.get(type(record), 0) + 1
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
