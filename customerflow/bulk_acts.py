"""
Acts on many records at once, chosen in a list of the administration.

The form of an act asks for what it needs. The next page shows what it would do: the act is tried on the first records
and undone again, so that the page needs no second copy of the rules. Then each record is acted on by itself: what is
refused for one changes nothing for the others, and is reported by name.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from customerflow.crud import consequences, counted
from customerflow.forms import in_words

# So many records are acted on in one transaction: others wait no longer than for these.
BATCH = 100
# So many are tried for the page that shows what would happen, and so many of these are shown.
TRIED = 100
SHOWN = 10
# Acting on more than so many is confirmed by typing their number.
UNTYPED = 100
# So many refusals are named in the report.
REPORTED = 50


@dataclass(frozen=True)
class Result:
    """What became of one record: how it stood before and stands after, or why it was left out."""

    record: models.Model
    before: str
    after: str = ""
    refusal: str = ""


class BulkAct:
    """
    An act on the records chosen in a list.

    A subclass says what the act is called, which form it needs (none: the empty form), and what happens to one record.
    `by` is who acts; `on` and `at` are the day and the moment, read once.
    """

    heading = ""
    button = ""
    explanation = ""
    permission = "change"
    form_class: type[forms.Form] = forms.Form
    log_flag = CHANGE

    def __init__(
        self, model_admin: admin.ModelAdmin, request: HttpRequest, records: models.QuerySet, back: str = ""
    ) -> None:
        self.model_admin, self.request, self.records = model_admin, request, records
        self.back = back or request.get_full_path()
        self.by = request.user
        self.at = timezone.now()
        self.on = timezone.localdate(self.at)

    @classmethod
    def as_action(cls) -> Callable:
        """Return the act as an action of a `ModelAdmin`."""

        @admin.action(permissions=[cls.permission], description=cls.heading)
        def action(model_admin: admin.ModelAdmin, request: HttpRequest, records: models.QuerySet) -> HttpResponse:
            return cls(model_admin, request, records).respond()

        action.__name__ = cls.__name__
        return action

    def initial(self) -> dict[str, object]:
        """Return what the form holds at first."""
        return {}

    def state(self, record: models.Model) -> str:
        """Return in words how a record stands, as far as the act is about it."""
        raise NotImplementedError

    def act(self, record: models.Model, **values: object) -> str:
        """
        Act on one locked record, with the cleaned values of the form; return in words how it stands then.

        Raises `ValidationError` or `ProtectedError` where it is refused.
        """
        raise NotImplementedError

    def respond(self) -> HttpResponse:
        """Ask, show what would happen, or do it, whichever is next."""
        keys = array("q", self.records.order_by("pk").values_list("pk", flat=True).iterator())
        stage = self.request.POST.get("stage", "")
        asks = bool(self.form_class.base_fields)
        form = self.form_class(self.request.POST if stage or not asks else None, initial=self.initial())
        # Trying writes, which reading a page never does.
        if not keys or self.request.method != "POST" or not form.is_valid():
            return self.page(keys, form=form, first=self.records.order_by("pk")[:SHOWN])
        is_confirmed = self.request.POST.get("count", "").strip() == str(len(keys))
        if stage == "act" and is_confirmed:
            return self.carry_out(keys, form.cleaned_data)
        tried = self.attempt(keys[:TRIED], form.cleaned_data)
        return self.page(
            keys,
            form=form,
            is_preview=True,
            is_miscounted=stage == "act",
            tried=len(tried),
            changes=[result for result in tried if not result.refusal][:SHOWN],
            refusals=[result for result in tried if result.refusal],
        )

    def page(self, keys: Sequence[int], **context: object) -> TemplateResponse:
        """Return the page that asks, or shows what would happen."""
        across = self.request.POST.get("select_across") == "1"
        selected = self.request.POST.getlist(ACTION_CHECKBOX_NAME)
        return TemplateResponse(
            self.request,
            "admin/bulk_act.html",
            {
                **self.model_admin.admin_site.each_context(self.request),
                "act": self,
                "title": self.heading,
                "opts": self.model_admin.opts,
                "count": len(keys),
                "must_type": len(keys) > UNTYPED,
                "action": self.request.POST.get("action", ""),
                "select_across": int(across),
                # The list takes no action without a selected row, even when all that match are meant.
                "selected": selected[:1] if across else selected,
                "checkbox_name": ACTION_CHECKBOX_NAME,
                **context,
            },
        )

    @transaction.atomic
    def attempt(self, keys: Sequence[int], values: dict[str, object]) -> list[Result]:
        """Return what the act would make of these records, and undo it."""
        results = self.act_on(keys, values)
        transaction.set_rollback(True)
        return results

    def carry_out(self, keys: Sequence[int], values: dict[str, object]) -> HttpResponse:
        """Act on all records, and go back to the list with the report."""
        done, refused, named = 0, 0, []
        for start in range(0, len(keys), BATCH):
            with transaction.atomic():
                results = self.act_on(keys[start : start + BATCH], values)
                changed = [result.record for result in results if not result.refusal]
                if changed:
                    LogEntry.objects.log_actions(self.by.pk, changed, self.log_flag, str(self.heading))
            refusals = [result.refusal for result in results if result.refusal]
            done, refused = done + len(changed), refused + len(refusals)
            named += refusals[: REPORTED - len(named)]
        self.report(done, refused, named)
        return HttpResponseRedirect(self.back)

    def act_on(self, keys: Sequence[int], values: dict[str, object]) -> list[Result]:
        """Act on the records with these keys that are still there; what one refuses does not touch the others."""
        records = self.records.model._default_manager.filter(pk__in=keys)
        return [self.act_on_one(record, values) for record in records.select_for_update(no_key=True).order_by("pk")]

    def act_on_one(self, record: models.Model, values: dict[str, object]) -> Result:
        """Act on one record in a savepoint."""
        before = self.state(record)
        try:
            with transaction.atomic():
                return Result(record, before, after=self.act(record, **values))
        except (ProtectedError, ValidationError) as error:
            return Result(record, before, refusal=refusal(record, error))

    def report(self, done: int, refused: int, named: Sequence[str]) -> None:
        """Tell the person how many were changed, and who was left out and why."""
        if not refused:
            text = _("%(act)s: %(done)d done.") % {"act": self.heading, "done": done}
            # They may all have gone since they were chosen.
            messages.add_message(self.request, messages.SUCCESS if done else messages.WARNING, text)
            return
        text = _("%(act)s: %(done)d done, %(refused)d refused:") % {
            "act": self.heading,
            "done": done,
            "refused": refused,
        }
        if refused > len(named):
            named = [*named, _("and %(more)d more") % {"more": refused - len(named)}]
        items = format_html_join("", "<li>{}</li>", ((line,) for line in named))
        messages.warning(self.request, format_html("{}<ul>{}</ul>", text, items))


def refusal(record: models.Model, error: ProtectedError | ValidationError) -> str:
    """Return why `record` was left out, in a sentence that names it."""
    if isinstance(error, ProtectedError):
        text = _("still in use by %(records)s.") % {"records": ", ".join(counted(list(error.protected_objects)))}
    else:
        text = " ".join(error.messages)
    return text if str(record) in text else f"{record}: {text}"


class ChangeFields(BulkAct):
    """
    Giving records the same values of some fields, under the rules that the model's forms check.

    The values are those of the form, whose fields are named as the model's, and `values`.
    """

    values: dict[str, object] = {}

    def state(self, record: models.Model) -> str:
        """Return the fields' values in words."""
        names = [*self.form_class.base_fields, *self.values]
        return ", ".join(named_in_words(record, name) for name in names)

    def act(self, record: models.Model, **values: object) -> str:
        values |= self.values
        if all(getattr(record, name) == value for name, value in values.items()):
            raise ValidationError(_("is so already."))
        for name, value in values.items():
            setattr(record, name, value)
        record.full_clean()
        record.version += 1
        record.save()
        return self.state(record)


def named_in_words(record: models.Model, name: str) -> str:
    """Return a field of a record for a person; a yes or no with the field's name."""
    words = in_words(record, name)
    if isinstance(getattr(record, name), bool):
        return f"{record._meta.get_field(name).verbose_name}: {words}"
    return words


class RemoveRecords(BulkAct):
    """Removing records, with what belongs to them alone; what is on the books stays."""

    heading = _("Remove")
    button = _("Remove")
    explanation = _("What is on the books cannot be removed.")
    permission = "delete"
    log_flag = DELETION

    def state(self, record: models.Model) -> str:
        """Return what would go with the record."""
        goes_too, _in_the_way = consequences(record)
        return _("with %(records)s") % {"records": ", ".join(goes_too)} if goes_too else _("nothing else goes")

    def act(self, record: models.Model) -> str:
        self.remove(record)
        return _("removed")

    def remove(self, record: models.Model) -> None:
        """Remove one record; raises `ProtectedError` when something hangs on it."""
        # Not record.delete(), which takes the key away from the record that the history is to name.
        type(record)._default_manager.filter(pk=record.pk).delete()
