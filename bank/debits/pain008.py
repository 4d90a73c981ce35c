"""The file by which the bank is asked to collect: pain.008, the same each time it is asked for."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from sepaxml import SepaDD
from sepaxml.validation import ValidationError as NotValid
from text_unidecode import unidecode

from bank.debits.creditor import creditor
from bank.models import Collection, CollectionItem
from customerflow.money import to_minor

SCHEMA = "pain.008.001.08"
UNFIT = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


class _File(SepaDD):
    """A file whose names and moments are those of its collection, so that it is made anew and stays the same."""

    def __init__(self, config: dict[str, object], collection: Collection) -> None:
        self.collection = collection
        super().__init__(config, schema=SCHEMA, clean=True)

    def _create_header(self) -> None:
        self.msg_id = self.collection.reference
        super()._create_header()
        made_at = self.collection.confirmed_at or self.collection.created_at
        self._xml.find(f"{self.root_el}/GrpHdr/CreDtTm").text = f"{made_at:%Y-%m-%dT%H:%M:%S}"

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        for number, node in enumerate(self._xml.iter("PmtInfId"), 1):
            node.text = f"{self.collection.reference}/{number}"


def file_of(collection: Collection) -> bytes:
    """Return the file of a confirmed collection, valid by its schema. Raises `ValidationError`."""
    by = creditor()
    config = {
        "name": plain(by.name),
        "IBAN": by.iban,
        "batch": True,
        "creditor_id": by.identifier,
        "currency": "EUR",
        "instrument": "CORE",
    }
    if by.bic:
        config["BIC"] = by.bic
    file = _File(config, collection)
    for item in _items(collection):
        file.add_payment(
            {
                "name": plain(item.mandate.holder),
                "IBAN": item.mandate.iban,
                "amount": to_minor(item.amount),
                "type": item.sequence,
                "collection_date": collection.collect_on,
                "mandate_id": item.mandate.reference,
                "mandate_date": item.mandate.signed_on,
                "description": plain(_("Invoice %(number)s") % {"number": item.invoice.number}),
                "endtoend_id": item.end_to_end_id,
            }
        )
    try:
        return file.export(validate=True)
    except NotValid as error:
        raise ValidationError(_("The file is not valid: %(why)s") % {"why": error.__cause__ or error}) from error


def _items(collection: Collection) -> Iterable[CollectionItem]:
    return collection.items.standing().select_related("mandate", "invoice").order_by("pk")


def plain(text: str) -> str:
    """Return `text` in the letters and signs that every bank takes."""
    return " ".join(UNFIT.sub(" ", unidecode(text)).split())
