"""Where files that last are kept: documents as they were issued, and attachments. Nobody is served from there."""

import os

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

DOCUMENTS = "documents"


class LastingStorage(FileSystemStorage):
    """Files that are on the disk once they are saved: a row that names one must not outlive it in a power cut."""

    def _save(self, name: str, content: ContentFile) -> str:
        name = super()._save(name, content)
        with open(self.path(name), "rb") as file:
            os.fsync(file.fileno())
        return name


def documents() -> Storage:
    """Return where documents are kept: every backup has it, and nobody is served from there."""
    return storages[DOCUMENTS]
