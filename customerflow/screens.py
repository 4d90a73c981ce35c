"""What every screen of a model stands on."""

from django.contrib import messages
from django.contrib.auth import get_permission_codename
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import may_undo, refusal
from customerflow.tables import anchor

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

    # A right of its own, where the action's on the model is not the one: changing a price needs more than its service.
    permission_required = ""

    def get_permission_required(self) -> list[str]:
        return [self.permission_required or self.permission_for(self.action)]

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

    def links(self) -> dict[str, object]:
        """Return what every page of the model shows: what it is called, and the ways to its list and form."""
        return {
            "opts": self.model._meta,
            "kind": capfirst(self.model._meta.verbose_name),
            "kinds": capfirst(self.model._meta.verbose_name_plural),
            "list_url": self.link_to("list"),
            "create_url": self.link_to("create"),
        }

    def get_context_data(self, **context: object) -> dict[str, object]:
        context |= self.links()
        record = getattr(self, "object", None)
        if record is not None and record.pk:
            context |= {
                "update_url": self.link_to("update", record.pk),
                "delete_url": self.link_to("delete", record.pk),
            }
        return super().get_context_data(**context)

    def say(self, text: str, record: models.Model | str, change_set: ChangeSet | None = None) -> None:
        """Tell the person what was done, with a link to the record, unless it is gone, and the way to undo it."""
        messages.success(self.request, linked(text, record, change_set, self.request.user))


def linked(
    text: str,
    record: models.Model | str,
    change_set: ChangeSet | None = None,
    user: AbstractBaseUser | None = None,
) -> str:
    """Return `text` with its `{}` replaced by a link to `record`, and the way to undo it where `user` may."""
    name = record if isinstance(record, str) else anchor(record.get_absolute_url(), record)
    said = format_html(text, name)
    if change_set is None or user is None or not may_undo(user, change_set) or refusal(change_set):
        return said
    return format_html('{} <a class="undo" href="{}">{}</a>', said, undo_address(change_set), _("Undo"))


def undo_address(change_set: ChangeSet) -> str:
    """Return the address of the page that says what undoing would put back."""
    return reverse("changes:changeset_undo", args=[change_set.pk])
