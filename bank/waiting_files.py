"""The files of banks that wait for somebody to say how they are read."""

from datetime import datetime
from pathlib import Path
from uuid import uuid4

from customerflow.loads.models import uploads
from customerflow.loads.pruning import DRAFTS_KEPT

FOLDER = "bank"


def keep_file(path: Path) -> str:
    """Keep the file at `path` until it is forgotten, and return the name under which it is found."""
    with path.open("rb") as content:
        return uploads().save(f"{FOLDER}/{uuid4().hex}", content)


def prune_files(now: datetime) -> int:
    """Forget the files that nobody came back to, as long ago as drafts of loads are kept; return how many."""
    storage = uploads()
    if not storage.exists(FOLDER):
        return 0
    _folders, files = storage.listdir(FOLDER)
    names = [f"{FOLDER}/{name}" for name in files]
    old = [name for name in names if storage.get_modified_time(name) < now - DRAFTS_KEPT]
    for name in old:
        storage.delete(name)
    return len(old)
