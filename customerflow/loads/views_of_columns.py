"""What a file of a draft looks like: how it is read, and which of its columns is what; all of it can be changed."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import generic

from customerflow.loads.declaration import KINDS
from customerflow.loads.forms_of_columns import ColumnsForm, ProfileForm, ShapeForm
from customerflow.loads.guessing import guess
from customerflow.loads.headings import accepted
from customerflow.loads.looking import Look, look
from customerflow.loads.making import check, may_load, read_again
from customerflow.loads.mapping import Mapping
from customerflow.loads.profiles_kept import keep_profile, kept_part
from customerflow.loads.sources import Shape
from customerflow.loads.tables import kind_of
from customerflow.loads.uploading import path_of
from customerflow.loads.views import OneLoad


class DraftFile(OneLoad, generic.TemplateView):
    """
    The page of a file of a draft.

    "Look again" reads it as is said now; "Check" keeps which column is what. Both are one form: what was chosen for the
    columns is kept as long as the headings are the same.
    """

    template_name = "loads/file_form.html"
    permission_required = "loads.add_load"

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def has_permission(self) -> bool:
        return super().has_permission() and (
            self.file.kind not in KINDS or may_load(self.request.user, self.declaration)
        )

    @property
    def declaration(self):
        """How the records in the file are loaded."""
        return KINDS[self.file.kind]

    @cached_property
    def mapping(self) -> Mapping:
        """Which column is what, as was said last."""
        return Mapping.of(self.file.mapping)

    def look(self, shape: Shape) -> Look:
        """Return what the file looks like, read in this way."""
        return look(path_of(self.file.upload), shape, accepted(self.declaration.columns), name=self.file.name)

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return super().dispatch(request, *args, **kwargs)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect(self.load)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if self.load.is_loaded:
            return redirect(self.load)
        seen = self.look(Shape(**self.file.upload.shape))
        return self.show(seen, ColumnsForm(**self.of_columns(seen)))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if self.load.is_loaded:
            return redirect(self.load)
        seen = self.look(Shape(**self.file.upload.shape))
        shape_form = ShapeForm(request.POST, seen=seen)
        if not shape_form.is_valid():
            return self.show(seen, ColumnsForm(request.POST, **self.of_columns(seen)), shape_form)
        again = self.look(shape_form.shape())
        is_same = again.headings == seen.headings and not again.problem
        columns_form = ColumnsForm(request.POST if is_same else None, **self.of_columns(again))
        if "check" in request.POST and is_same and columns_form.is_valid():
            return self.check(again, columns_form, shape_form)
        if "check" in request.POST and is_same:
            return self.show(again, columns_form, shape_form)
        return self.keep_shape(again, columns_form, shape_form)

    def keep_shape(self, seen: Look, columns_form: ColumnsForm, shape_form: ShapeForm) -> HttpResponse:
        """Keep how the file is read, and show how it looks then."""
        is_other = seen.headings != self.file.mapping.get("headings")
        mapping = guess(seen.headings, seen.rows, self.declaration) if is_other else self.mapping
        mapping = replace(mapping, date_order=shape_form.cleaned_data["date_order"])
        if is_other:
            columns_form = ColumnsForm(**self.of_columns(seen) | {"mapping": mapping})
        try:
            read_again(self.file, seen, mapping)
        except ValidationError as refusal:
            shape_form.add_error(None, refusal)
        return self.show(seen, columns_form, shape_form)

    def check(self, seen: Look, columns_form: ColumnsForm, shape_form: ShapeForm) -> HttpResponse:
        """Keep what was chosen, and check the load where it is the only file."""
        order = shape_form.cleaned_data["date_order"]
        mapping = columns_form.mapping(date_order=order, is_distinct=self.mapping.is_distinct)
        try:
            self.keep_profile(seen, mapping)
            read_again(self.file, seen, mapping)
            if self.load.files.count() == 1:
                check(self.load)
        except ValidationError as refusal:
            columns_form.add_error(None, refusal)
            return self.show(seen, columns_form, shape_form)
        return redirect(self.load)

    def keep_profile(self, seen: Look, mapping: Mapping) -> None:
        """Keep which column is what under a name, if one was given. Raises `ValidationError`."""
        form = ProfileForm(self.request.POST)
        if not form.is_valid():
            raise ValidationError(form.errors["profile_name"])
        if name := form.cleaned_data["profile_name"]:
            keep_profile(name, self.declaration, mapping, seen.shape, seen.headings, by=self.request.user)

    def of_columns(self, seen: Look) -> dict[str, object]:
        """Return what the form of the columns is made of."""
        return {"headings": seen.headings, "declaration": self.declaration, "mapping": self.mapping}

    def show(self, seen: Look, columns_form: ColumnsForm, shape_form: ShapeForm | None = None) -> HttpResponse:
        """Answer with the page."""
        initial = {**vars(seen.shape), "header_line": seen.shape.header_line or None}
        initial["date_order"] = self.mapping.date_order
        return self.render_to_response(
            self.get_context_data(
                load=self.load,
                file=self.file,
                kind_name=kind_of(self.file.kind),
                seen=seen,
                rows=[(row.line, row.cells, row.problem) for row in seen.rows],
                shape_form=shape_form or ShapeForm(initial=initial, seen=seen),
                columns_form=columns_form,
                profile_form=ProfileForm(self.request.POST or None),
                kept=kept_part(self.declaration, seen.headings) is not None,
                is_only_file=self.load.files.count() == 1,
            )
        )
