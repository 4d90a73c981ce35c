"""Loading in tests: the text of files, by kind, in one load."""

from pathlib import Path

from customerflow.loads.declaration import KINDS
from customerflow.loads.pipeline import load_files
from customerflow.loads.reports import Report
from customerflow.loads.terms import LoadFile, Policy


def load(folder: Path, *, policy: Policy | None = None, is_dry_run: bool = False, **files: str) -> Report:
    """Load CSV files, each named by its kind (with underscores), together."""
    parts = []
    for name, content in files.items():
        path = folder / f"{name}.csv"
        path.write_text(content)
        parts.append(LoadFile(path, KINDS[name.replace("_", " ")]))
    return load_files(parts, policy or Policy(), is_dry_run=is_dry_run)


def refused(report: Report) -> list[tuple[str, int, str, str]]:
    """Return what a load refused: file, line, heading and reason."""
    return [
        (Path(refusal.file).stem, refusal.line, refusal.column, refusal.reason)
        for file in report.files
        for refusal in file.refusals
    ]
