"""A list of directives as a file to be saved, for pages and API alike: a CSV of any length, or a workbook."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse

from database.figures import Filter
from documents.file_types import XLSX
from documents.language import Language
from services.asking import Order
from services.exporting import export_list, list_as_csv
from services.office import Office

CSV: Final = "text/csv; charset=utf-8"


def csv_file(office: Office, only: Filter, order: Order, name: str, language: Language) -> Response:
    """Send the list as CSV, read while it is sent."""
    return StreamingResponse(
        list_as_csv(office, only, order, language), media_type=CSV, headers=_attached(f"{name}.csv")
    )


def workbook_file(office: Office, only: Filter, order: Order, name: str, language: Language) -> Response:
    """Send the list as a workbook, made in a folder that goes once it is sent."""
    folder = Path(tempfile.mkdtemp(prefix="dondoc-export-"))
    file = folder / f"{name}.xlsx"
    try:
        export_list(office, only, order, file, language)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(file, media_type=XLSX, headers=_attached(file.name), background=done)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
