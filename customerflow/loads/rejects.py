"""The refused rows of a file that was loaded or checked, as a file that can be corrected and loaded."""

import json
from collections.abc import Iterator
from itertools import groupby

from customerflow.loads.models import Finding, LoadedFile
from customerflow.loads.sources import Shape, Table

MARK = "\ufeff"


def rejects_of(file: LoadedFile) -> Iterator[str]:
    """Yield the text of a CSV file of the refused rows, each with everything that is wrong with it."""
    shape = Shape(**file.upload.shape) if file.upload else Shape()
    yield MARK
    yield from Table(shape, file.mapping.get("headings", []), None).rejects(_rows(file))


def _rows(file: LoadedFile) -> Iterator[tuple[list[str], str]]:
    findings = Finding.objects.filter(file=file).of(Finding.Outcome.REFUSED).iterator(chunk_size=2_000)
    for _row_number, found in groupby(findings, key=lambda finding: finding.row_number):
        reasons, written = [], ""
        for finding in found:
            reasons.append(f"{finding.column}: {finding.reason}" if finding.column else finding.reason)
            written = written or finding.written
        yield json.loads(written or "[]"), " ".join(reasons)
