"""Importing a workbook: the same rows, verdicts and reasons as `dondoc import`."""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Response, UploadFile
from starlette.background import BackgroundTask

from activities.commit import Door
from documents.workbook_faults import UnsafeWorkbook
from models.engine import CommandEnvelope
from services.intake import Intake, require_may_enter, start_all
from services.intake_answers import ImportSaid, import_said
from services.office import Office
from services.workbook_import import ImportReport, import_workbook
from web.api.described import PREFIX, problems
from web.api.directives import ClientOrNone
from web.api.door import FILE_BODY_BYTES, Caller, Writes
from web.api.parts import IdempotencyKey, TrueOrFalse, once
from web.api.problems import ApiProblem, ProblemCode

log = structlog.get_logger()


def import_routes(office: Office, client: ClientOrNone) -> APIRouter:
    """The route `/imports`."""
    router = APIRouter(prefix=PREFIX, tags=["imports"])

    @router.post(
        "/imports",
        operation_id="importWorkbook",
        response_model=ImportSaid,
        responses=problems(400, 409, 413, 415),
        max_body_size=FILE_BODY_BYTES,
    )
    async def take(
        caller: Writes,
        file: UploadFile,
        dry_run: Annotated[TrueOrFalse, Query(description="Find the verdicts and save nothing.")] = "false",
        key: IdempotencyKey = None,
    ) -> Response:
        """Take a workbook in (.xlsx). A row is taken or refused whole; importing a file twice adds nothing."""
        dry = dry_run == "true"
        require_may_enter(caller.holder.actor, caller.holder.now)
        with tempfile.TemporaryDirectory(prefix="dondoc-") as folder:
            kept = Path(folder) / "import.xlsx"  # never a name that came from outside
            mark = await asyncio.to_thread(_keep, file, kept)

            async def work() -> Response:
                report = await asyncio.to_thread(_import, office, caller, kept, dry)
                directory = office.reference().directory
                said = import_said(report, directory, caller.language)
                start = BackgroundTask(_start, office, client, report.to_start) if not dry else None
                return Response(said.model_dump_json(), media_type="application/json", background=start)

            return await once(office, caller, key, ("POST", "/imports", dry_run, mark), work)

    return router


def _keep(file: UploadFile, kept: Path) -> str:
    """Write what came to a file of ours; returns its hash."""
    digest = hashlib.sha256()
    with kept.open("wb") as target:
        while block := file.file.read(1_000_000):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def _import(office: Office, caller: Caller, kept: Path, dry: bool) -> ImportReport:
    intake = Intake(office=office, door=Door(office.engine, office.references), actor=caller.holder.actor, dry=dry)
    try:
        return import_workbook(kept, intake, caller.language)
    except UnsafeWorkbook as unsafe:
        told = unsafe.explain(caller.language)
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, ProblemCode.BAD_WORKBOOK, detail=told) from None


async def _start(office: Office, client: ClientOrNone, envelopes: Iterable[CommandEnvelope]) -> None:
    """Start what was taken, after the answer has left; what cannot be started is left to the sweep."""
    temporal = await client()
    if temporal is not None:
        started = await start_all(temporal, envelopes, office.reference().clock_shift, lambda: None)
        log.info("import_started", directives=started)
