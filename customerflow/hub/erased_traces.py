"""
What is left of a customer beside the records: the history, the administration's log, what bulk edits and loads keep.

Texts that anybody typed, such as the reason of an act, are erased where the customer is named in them: by name, e-mail,
phone, address or another personal value, as a whole word and however it is capitalised.
"""

import json
import re
from collections.abc import Collection, Iterable
from itertools import chain
from urllib.parse import unquote_plus

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext as _

from billing.models import Invoice
from customerflow.bulk.models import BulkItem
from customerflow.bulk.selection import KIND
from customerflow.changes.images import ERASED
from customerflow.changes.models import Change, ChangeSet
from customerflow.hub.personal_data import CHUNK, Keys, changes_of, neutral, portions
from customerflow.jobs.models import Job
from customerflow.loads.declaration import KINDS
from customerflow.loads.making import KIND as LOAD
from customerflow.loads.models import Finding, LoadedFile
from customerflow.text import fold
from customers.models import Customer

# A shorter text is found in any other.
SHORTEST = 3
# What a finding in a file says in words, and the outcomes that may have no record.
QUOTING = ("key", "old", "new", "reason", "written")
NAMELESS = (Finding.Outcome.CREATED, Finding.Outcome.REFUSED)


class Texts:
    """The personal values of a customer, to be found again where they are quoted."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, values: Iterable[object]) -> None:
        """Take up personal values; what is no text does not matter."""
        folded = (fold(value) for value in values if isinstance(value, str))
        self._texts.update(text for text in folded if len(text) >= SHORTEST)

    def are_in(self, quoting: str) -> bool:
        """Return whether one of the values stands in a text."""
        folded = fold(quoting)
        return any(text in folded and _is_whole_word(text, folded) for text in self._texts)

    def blank(self, value: object) -> object:
        """Return JSON data in which what quotes one of the values is erased."""
        if isinstance(value, dict):
            return {key: self.blank(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.blank(each) for each in value]
        if isinstance(value, str) and (self.are_in(value) or self.are_in(unquote_plus(value))):
            return ""
        return value


def _is_whole_word(text: str, folded: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", folded) is not None


def erase_traces(customer: Customer, keys: Keys, texts: Texts) -> None:
    """Erase what is left of `customer` and the records with these `keys`; `texts` gains what the history held."""
    acts: set[int] = set()
    for model, known in keys.items():
        fields = [model._meta.get_field(name) for name in model.personal_fields]
        _erase_history(model, known, {field.column: neutral(field) for field in fields}, acts, texts)
    invoices = set(Invoice.objects.filter(customer=customer).order_by().values_list("pk", flat=True))
    _erase_history(Invoice, invoices, dict.fromkeys(Invoice.snapshot_fields, ""), acts, texts)
    _erase_reasons(acts, texts)
    _erase_log(keys)
    _erase_bulk_edits(keys, texts)
    _erase_findings(keys, texts)


def _erase_history(
    model: type[models.Model], keys: Collection[int], columns: dict[str, str | None], acts: set[int], texts: Texts
) -> None:
    """
    Erase columns in all changes of the records with these keys, but where they hold nothing, or what stands for it.

    The acts are noted, and what the columns held.
    """
    for portion in changes_of(model, keys):
        acts.update(change.change_set_id for change in portion)
        erased = [change for change in portion if _erase_images(change, columns, texts)]
        Change.objects.bulk_update(erased, ["before", "after"])


def _erase_images(change: Change, columns: dict[str, str | None], texts: Texts) -> bool:
    """Erase columns of a change; return whether there was anything to erase."""
    is_changed = False
    for name, image in (("before", change.old), ("after", change.new)):
        held = {
            column: image[column]
            for column in columns.keys() & image.keys()
            if image[column] not in (None, "", ERASED, columns[column])
        }
        if held:
            texts.add(held.values())
            # A number with decimals stays as exact as it is when it is a text.
            whole = json.dumps(image | dict.fromkeys(held, ERASED), separators=(",", ":"), default=str)
            setattr(change, name, whole)
            is_changed = True
    return is_changed


def _erase_reasons(acts: set[int], texts: Texts) -> None:
    """Erase why the acts were done, and what they are called, where the customer is named in it."""
    for some in portions(sorted(acts)):
        concerned = models.Q(pk__in=some) | models.Q(batches__in=some)
        for act in ChangeSet.objects.filter(concerned).exclude(act="", why="").distinct():
            if texts.are_in(act.why) or texts.are_in(act.act):
                act.why, act.act = texts.blank(act.why), texts.blank(act.act)
                act.save(update_fields=["why", "act"])


def _erase_log(keys: Keys) -> None:
    """Erase what the administration's own log calls the records."""
    types = ContentType.objects.get_for_models(*keys, for_concrete_models=False)
    for model, known in keys.items():
        for some in portions(map(str, known)):
            entries = LogEntry.objects.filter(content_type=types[model], object_id__in=some)
            entries.update(object_repr=_("(erased)"), change_message="")


def _erase_bulk_edits(keys: Keys, texts: Texts) -> None:
    """Erase what bulk edits of such records keep of their values: in examples, in what was typed, in refusals."""
    kinds = {model._meta.label_lower: sorted(known) for model, known in keys.items()}
    for job in Job.objects.filter(kind=KIND, payload__kind__in=list(kinds)).order_by("pk").iterator():
        items = BulkItem.objects.filter(job=job, record_id__in=kinds[job.payload["kind"]])
        if not (found := list(items)):
            continue
        for item in found:
            item.message = texts.blank(item.message)
        BulkItem.objects.bulk_update(found, ["message"])
        for name in ("typed", "why"):
            job.payload[name] = texts.blank(job.payload[name])
        # The address of the list, with what was searched for in it.
        if texts.are_in(unquote_plus(job.payload["back"])):
            job.payload["back"] = job.payload["back"].partition("?")[0]
        job.title, job.problem, job.result = map(texts.blank, (job.title, job.problem, job.result))
        job.save(update_fields=["title", "problem", "payload", "result", "search_text"])


def _erase_findings(keys: Keys, texts: Texts) -> None:
    """
    Erase what loads keep of such records: the values of their rows, and what quotes the customer elsewhere.

    A row that was refused, or was new, has no key of a record: it is found by what it says.
    """
    kinds = {model: [kind for kind, loaded in KINDS.items() if loaded.model is model] for model in keys}
    for model, known in keys.items():
        for some in portions(sorted(known)):
            found = list(Finding.objects.filter(file__kind__in=kinds[model], target__in=some))
            for finding in found:
                finding.key, finding.reason = texts.blank(finding.key), texts.blank(finding.reason)
                finding.old = finding.new = finding.written = ""
            Finding.objects.bulk_update(found, QUOTING, batch_size=CHUNK)
    nameless = Finding.objects.filter(outcome__in=NAMELESS, target=None, file__kind__in=[*chain(*kinds.values())])
    rows = {(each.file_id, each.row_number) for each in nameless.iterator() if _is_quoting(each, texts)}
    for file, row_number in rows:
        found = Finding.objects.filter(file=file, row_number=row_number)
        found.update(**dict.fromkeys(QUOTING, ""))
    for file in LoadedFile.objects.exclude(problem="", warnings=[]).iterator():
        file.problem, file.warnings = texts.blank(file.problem), texts.blank(file.warnings)
        file.save(update_fields=["problem", "warnings"])
    for job in Job.objects.filter(kind=LOAD).exclude(problem="").iterator():
        job.problem = texts.blank(job.problem)
        job.save(update_fields=["problem"])


def _is_quoting(finding: Finding, texts: Texts) -> bool:
    """Return whether the customer is named in what a finding says, or in its row as it was written."""
    said = (finding.key, finding.old, finding.new, finding.reason, *json.loads(finding.written or "[]"))
    return any(map(texts.are_in, said))
