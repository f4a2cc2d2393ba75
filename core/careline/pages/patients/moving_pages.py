"""Import and export: hand in a table, say what its columns are, see it run, read the report."""

from __future__ import annotations

from typing import Any

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text, error_text
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.form import criteria_from
from careline.pages.patients.shown import ON_MATCH, STATES, TONES, choices
from careline.patients import transfers
from careline.patients.columns import targets
from careline.patients.taking import OnMatch
from careline.patients.transfers import Kind, State, Transfer, error_of
from careline.spreadsheet import MIME
from careline.web import (
    SIGNED_IN,
    Answer,
    Download,
    FormState,
    Fragment,
    Page,
    Redirect,
    Visit,
    get,
    post,
)

IMPORT, EXPORT = "patients.import", "patients.export"
SHOWN_REJECTS = 20


class MovingRoutes:
    """Routes of ``/patients/tables``; exports are seen by who made them."""

    def __init__(self, desk: PatientDesk) -> None:
        self._desk = desk
        self._moving = desk.moving

    @get("/patients/tables", permission=SIGNED_IN)
    async def overview(self, visit: Visit) -> Answer:
        """What was handed in and out."""
        if not visit.may(IMPORT):
            visit.need(EXPORT)
        return await self._overview(visit, FormState(language=visit.language))

    async def _overview(self, visit: Visit, form: FormState) -> Page:
        mine = None if visit.may(IMPORT) else visit.user.login
        found = await self._moving.list(mine)
        values = {
            "transfers": [(one, STATES[one.state], TONES.get(one.state, "info")) for one in found],
            "form": form,
            "may_import": visit.may(IMPORT),
        }
        status = 200 if form.ok else 422
        return Page("patients/tables.html", values, title=Text("Import and export"), status=status)

    # Import

    @post("/patients/tables", permission=IMPORT, upload=True)
    async def upload(self, visit: Visit) -> Answer:
        """Take a file in; what it holds is shown on the next page."""
        file = visit.files.get("file")
        form = FormState({"file": []}, language=visit.language)
        try:
            if file is None or not file.size:
                raise Invalid("import.file", "choose a file first")
            one, _preview = await self._moving.upload(file.path, file.name, visit.user.login)
        except Invalid as error:
            params = {**error.params, "field": "file"}
            wrong = Invalid(error.code, error.message, problems=(), **params)
            return await self._overview(visit, form.with_error(wrong))
        await visit.audit(
            "patients.import", kind="patient", whose=str(one.id), what=str(one.options["name"])
        )
        return Redirect(f"/patients/tables/{one.id}")

    @get("/patients/tables/<int:transfer_id>", permission=SIGNED_IN)
    async def show(self, visit: Visit, transfer_id: int) -> Answer:
        """One import or export: its columns, its progress, its report."""
        one = await self._mine(visit, transfer_id)
        return await self._page(visit, one, FormState(language=visit.language))

    async def _mine(self, visit: Visit, transfer_id: int) -> Transfer:
        one = await self._moving.get(transfer_id)
        visit.need(IMPORT if one.kind is Kind.IMPORT else EXPORT)
        if one.kind is Kind.EXPORT and one.by != visit.user.login:
            await visit.audit("denied", kind="patients.export", whose=str(transfer_id))
            raise NotFound("transfer.unknown", "there is no such import or export")
        return one

    async def _page(self, visit: Visit, one: Transfer, form: FormState) -> Answer:
        values: dict[str, Any] = {"one": one, "form": form, **await self._progress(visit, one)}
        ready = one.kind is Kind.IMPORT and (one.state is State.UPLOADED or (one.over and one.dry))
        if ready:
            try:
                values |= await self._columns(visit, one)
            except CarelineError as error:
                values |= {"columns": [], "broken": error_text(error, visit.language)}
        values["ready"] = ready
        status = 200 if form.ok else 422
        return Page("patients/table.html", values, title=Text("Import and export"), status=status)

    async def _columns(self, visit: Visit, one: Transfer) -> dict[str, Any]:
        preview = await self._moving.preview(one.id)
        about = await self._desk.about(visit)
        known = targets(about.fields, about.campuses)
        options = [
            ("", visit._("leave out")),
            *((t.name, t.title.to(visit.language)) for t in known),
        ]
        cells = list(zip(*(row.cells for row in preview.rows), strict=True))
        return {
            "columns": [
                (at, title, preview.mapping[at], cells[at][:3] if cells else ())
                for at, title in enumerate(preview.header)
            ],
            "options": options,
            "on_match": choices(visit, ON_MATCH),
            "broken": "",
        }

    async def _progress(self, visit: Visit, one: Transfer) -> dict[str, Any]:
        rejects = await self._desk.db.run(
            transfers.read_rejects, one.id, 0, SHOWN_REJECTS if one.over else 0
        )
        error = error_text(error_of(one.error), visit.language) if one.error else ""
        return {
            "state": STATES[one.state],
            "tone": TONES.get(one.state, "info"),
            "rejects": [(reject.row, _reasons(visit, reject)) for reject in rejects],
            "error": error,
        }

    @post("/patients/tables/<int:transfer_id>/start", permission=IMPORT)
    async def start(self, visit: Visit, transfer_id: int) -> Answer:
        """Begin: first to look through everything, or to store it."""
        one = await self._mine(visit, transfer_id)
        mapping = [
            visit.form.get(f"column_{at}", "") for at in range(len(one.options.get("header", ())))
        ]
        wanted = visit.form.get("on_match", OnMatch.FILL.value)
        on_match = next((way for way in OnMatch if way.value == wanted), OnMatch.FILL)
        dry = visit.form.get("do") != "store"
        about = await self._desk.about(visit)
        try:
            await self._moving.start(
                transfer_id, mapping, on_match, dry=dry, area_code=about.area_code
            )
        except CarelineError as error:
            form = FormState(dict(visit.lists), language=visit.language)
            return await self._page(visit, one, form.with_error(error))
        if not dry:
            await visit.audit("patients.imported", kind="patient", whose=str(transfer_id))
        return Redirect(f"/patients/tables/{transfer_id}")

    @get("/patients/tables/<int:transfer_id>/progress", permission=SIGNED_IN, quiet=True)
    async def progress(self, visit: Visit, transfer_id: int) -> Answer:
        """How far it is; the page asks again and again until it is over."""
        one = await self._mine(visit, transfer_id)
        values = {"one": one, **await self._progress(visit, one)}
        return Fragment("patients/progress.html", values)

    @post("/patients/tables/<int:transfer_id>/stop", permission=SIGNED_IN)
    async def stop(self, visit: Visit, transfer_id: int) -> Answer:
        """End it; what is stored stays."""
        await self._mine(visit, transfer_id)
        await self._moving.stop(transfer_id)
        return Redirect(f"/patients/tables/{transfer_id}")

    @get("/patients/tables/<int:transfer_id>/report.<form>", permission=IMPORT, timeout=120.0)
    async def report(self, visit: Visit, transfer_id: int, form: str) -> Answer:
        """The rejected rows with their reasons, to mend and hand in again."""
        await self._mine(visit, transfer_id)
        path = await self._moving.report(transfer_id, form, visit.language)
        whose = str(transfer_id)
        await visit.audit("patients.downloaded", kind="patient", whose=whose, what="report")
        return Download(f"rejected-{transfer_id}.{form}", MIME[form], path)

    # Export

    @post("/patients/export", permission=EXPORT)
    async def export(self, visit: Visit) -> Answer:
        """Have the results of a search written to a file."""
        criteria = criteria_from(visit.form)
        form = visit.form.get("format", "xlsx")
        one = await self._moving.export(criteria, form, visit.user.login, visit.language)
        why = visit.form.get("reason", "")
        what = ", ".join(sorted(criteria.plain())) or "all"
        await visit.audit("patients.export", kind="patient", whose=str(one.id), what=what, why=why)
        return Redirect(f"/patients/tables/{one.id}")

    @get("/patients/tables/<int:transfer_id>/file", permission=EXPORT)
    async def file(self, visit: Visit, transfer_id: int) -> Answer:
        """The exported file, for a day."""
        one = await self._mine(visit, transfer_id)
        path = await self._moving.file(transfer_id)
        await visit.audit("patients.downloaded", kind="patient", whose=str(transfer_id))
        form = str(one.options["format"])
        return Download(f"patients-{transfer_id}.{form}", MIME[form], path)


def _reasons(visit: Visit, reject: transfers.Reject) -> list[str]:
    return [error_text(error_of(reason), visit.language) for reason in reject.reasons]
