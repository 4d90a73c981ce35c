"""The record of every load: what came in, from which files, what was found in them, and what became of it."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.changes.models import ChangeSet
from customerflow.jobs.models import Job
from customerflow.records import page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold

UPLOADS = "uploads"


class OnExisting(models.TextChoices):
    """What becomes of a row whose record is there already."""

    UPDATE = "update", _("Update it")
    SKIP = "skip", _("Leave it as it is")
    REFUSE = "refuse", _("Refuse the row")


def search_text(load: "Load") -> str:
    """Return what a search finds a load by."""
    return fold(f"{load.name} {load.origin}")


class LoadQuerySet(SearchQuerySet):
    """Loads, chosen."""

    exact_fields = ("pk",)

    def loaded(self) -> "LoadQuerySet":
        """Return the loads that came into force."""
        return self.exclude(loaded_at=None)

    def visible_to(self, user: AbstractBaseUser) -> "LoadQuerySet":
        """Return the loads that a person may see: those in force, and their own drafts."""
        return self.filter(~models.Q(loaded_at=None) | models.Q(loaded_by=user))


class Load(models.Model):
    """
    One act of loading: one or more files, all of them or nothing.

    Without `loaded_at` it is a draft of `loaded_by`, made in the browser and being checked. The counts are the sums of
    its files. `origin` names the system that documents in it come from, `profile` the profile that says how they are
    read. Of the confirmations that a person gave, `confirmed` holds the names.
    """

    name = models.CharField(_("file"), max_length=255)
    origin = models.CharField(_("from the system"), max_length=50, blank=True)
    profile = models.CharField(_("profile"), max_length=100, blank=True)
    skip_refused = models.BooleanField(_("load the rest"), default=False)
    on_existing = models.CharField(_("existing records"), max_length=10, choices=OnExisting, default=OnExisting.UPDATE)
    confirmed = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    loaded_at = models.DateTimeField(_("loaded at"), null=True, blank=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("loaded by")
    )
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, editable=False, related_name="loads", verbose_name=_("job")
    )
    change_set = models.ForeignKey(
        ChangeSet, models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name=_("change")
    )
    created = models.PositiveIntegerField(_("created"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)

    search_text = SearchField(max_length=400, derive=search_text)

    objects = LoadQuerySet.as_manager()

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("loads:load_detail", self.pk)

    @property
    def is_loaded(self) -> bool:
        """Whether it came into force."""
        return self.loaded_at is not None


def uploads() -> Storage:
    """Return where files wait to be loaded; nobody is served from there."""
    return storages[UPLOADS]


class Upload(models.Model):
    """
    A file that was sent to be loaded, and how it is read (`shape`, as `Shape` has it).

    Its bytes are kept until it is loaded or given up: the findings are what stays.
    """

    load = models.ForeignKey(Load, models.CASCADE, related_name="uploads", verbose_name=_("load"))
    name = models.CharField(_("file"), max_length=255)
    file = models.FileField(storage=uploads, upload_to="%Y/%m/%d", max_length=300, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    shape = models.JSONField(default=dict, blank=True)

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class LoadedFile(models.Model):
    """
    One file as one kind of record, and what was found in it. A file may be loaded as several kinds.

    `mapping` says which column is what, as `Mapping` has it. `skipped` are those of the unchanged that differ and were
    left alone, `problem` why the file as a whole is refused. `totals` are the sums of its amounts, for reconciliation:
    for each column of money what the file says, what was refused, and what is stored.
    """

    load = models.ForeignKey(Load, models.CASCADE, related_name="files", verbose_name=_("load"))
    upload = models.ForeignKey(
        Upload, models.SET_NULL, null=True, blank=True, related_name="files", verbose_name=_("upload")
    )
    position = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(_("kind"), max_length=50)
    name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    warnings = models.JSONField(_("warnings"), default=list, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    totals = models.JSONField(_("totals"), default=list, blank=True)

    is_on_record = False

    class Meta:
        ordering = ["load", "position"]
        default_permissions = ()
        indexes = [models.Index(fields=["sha256", "kind"], name="loaded_file_by_content")]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


class FindingQuerySet(models.QuerySet):
    """Findings, chosen."""

    def of(self, outcome: str) -> "FindingQuerySet":
        """Return the findings of one outcome, in the order of the file."""
        return self.filter(outcome=outcome).order_by("row_number", "pk")


class Finding(models.Model):
    """
    What was found in one row of a file; of a changed row one for each value, of a refused one for each reason.

    `target` is the key of the record that the row is about, if there is one, and `target_version` the version that
    was compared with. `written` is a refused row as it was written, in JSON, with the first of its reasons.
    """

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        REFUSED = "refused", _("Refused")

    file = models.ForeignKey(LoadedFile, models.CASCADE, related_name="findings", db_index=False)
    row_number = models.PositiveBigIntegerField(_("row"))
    line = models.PositiveBigIntegerField(_("line"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    key = models.CharField(_("record"), max_length=200, blank=True)
    column = models.CharField(_("column"), max_length=100, blank=True)
    old = models.TextField(_("before"), blank=True)
    new = models.TextField(_("value"), blank=True)
    reason = models.TextField(_("reason"), blank=True)
    target = models.BigIntegerField(null=True, blank=True)
    target_version = models.PositiveIntegerField(null=True, blank=True)
    written = models.TextField(blank=True)

    objects = FindingQuerySet.as_manager()

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["file", "outcome", "row_number"], name="finding_by_outcome"),
            models.Index(
                fields=["file", "outcome", "column", "row_number"],
                condition=~models.Q(column=""),
                name="finding_by_column",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.column} {self.reason or self.new}"


class Profile(models.Model):
    """
    How files of another system are read, kept by staff under a name; `content` has the form of the profiles in TOML.

    `fingerprint` is that of the headings it was made for: a file with the same ones is offered it.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    content = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True, db_index=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
