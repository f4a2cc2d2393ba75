"""Rows kept before tables change are patients' data: who is erased is in none of them."""

from __future__ import annotations

from typing import Any

from careline.plugins.versions import Versions


def test_erasing_a_patient_erases_kept_rows(make_core: Any) -> None:
    core = make_core()
    rows = Versions(core.settings.home, "sms").root / "0001-1.0" / "rows.jsonl.gz"
    rows.parent.mkdir(parents=True)
    rows.write_bytes(b"")
    patient = core.run(core.patient("王小明", "13800001111"))
    assert "kept rows" not in core.run(core.patients.export(patient.id))
    assert rows.exists()
    core.run(core.patients.erase(patient.id))
    assert not rows.exists()
