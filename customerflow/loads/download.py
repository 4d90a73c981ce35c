"""Rows as a workbook, written to the disk as they come."""

from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse

from customerflow.loads.exporting import as_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_response(rows: Iterable[Sequence[object]], name: str) -> StreamingHttpResponse:
    """Return an answer that downloads `rows` as the workbook `name`."""
    response = StreamingHttpResponse(as_xlsx(rows), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
