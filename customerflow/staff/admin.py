"""Staff and groups in the administration, so that nobody can raise themselves above what they are."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from customerflow.administration import CheckedListAdmin
from customerflow.changes.recording import recording
from customerflow.staff.models import User


@admin.register(User)
class StaffAdmin(CheckedListAdmin, UserAdmin):
    """
    Who works here, and in which groups.

    Rights come by groups, so single permissions and the superuser's mark are not offered; and a superuser's password
    or name is nothing that an administrator may set.
    """

    list_display = ["username", "first_name", "last_name", "email", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    fieldsets = [
        (None, {"fields": ["username", "password", "is_active"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email", "away_until", "notices"]}),
        (_("Rights"), {"fields": ["groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_form = UserCreationForm
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Rights"), {"fields": ["groups"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ["groups"]
    show_full_result_count = False

    def changeform_view(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Save a member of staff, on record."""
        with recording(_("Staff account saved")):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Remove a member of staff, on record."""
        with recording(_("Staff account removed")):
            return super().delete_view(request, *args, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_touch(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_touch(request.user, obj)


def may_touch(user: User, other: Model | None) -> bool:
    """Return whether `user` is not below `other`: only superusers touch superusers."""
    return user.is_superuser or not getattr(other, "is_superuser", False)


admin.site.unregister(Group)


@admin.register(Group)
class StaffGroupAdmin(CheckedListAdmin, GroupAdmin):
    """Groups and what they may do."""

    show_full_result_count = False
