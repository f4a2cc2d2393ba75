"""``make run HIS=soap``: the demonstration, its east campus behind a SOAP system of npm's making.

The system holds the demonstration's data of that campus in memory, so it forgets its bookings when
the run ends; then careline.toml says ``embedded`` again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tests.support.counterparts import start

from careline.clinic import Person
from careline.clinic.his import Info
from careline.clock import utc_now
from careline.config import Home
from careline.config.atomic import write_atomic
from careline_his_webservice.adapters.embedded.store import InfoRow
from careline_his_webservice.demo.hospital import hospital
from careline_his_webservice.demo.information import information
from careline_his_webservice.demo.people import COUNT, outpatients, people

CAMPUS = "east"
STYLE = "call_service"
EMBEDDED: Mapping[str, Any] = {"kind": "embedded"}
INPATIENT = ("number", "name", "department", "ward", "bed", "doctor", "day")
DRUG = ("name", "spec", "unit", "maker", "price")
SEX = {"male": "男", "female": "女"}


def main() -> int:
    """Run until careline ends; its exit code."""
    home = Home(Path(os.environ["CARELINE_HOME"]))
    careline = [sys.executable, "-m", "careline_cli"]
    if code := subprocess.run([*careline, "init", "--demo"], check=False).returncode:
        return code
    data = home.root / "demo-his.json"
    data.write_text(json.dumps(east(), ensure_ascii=False), encoding="utf-8")
    system = start("soap.mjs", "--data", str(data), "--capacity", "3")
    try:
        point(home.config, soap(system.port))
        return _run([*careline, "run", "--demo", *sys.argv[1:]])
    finally:
        system.stop()
        point(home.config, EMBEDDED)


def soap(port: int) -> dict[str, Any]:
    """The campus's table in careline.toml."""
    wsdl = f"http://127.0.0.1:{port}/his?wsdl"
    table = {"wsdl": wsdl, "style": STYLE, "mapping": f"careline:{STYLE}"}
    return {"kind": "soap", "soap": table}


def point(config: Path, table: Mapping[str, Any]) -> None:
    """Have careline.toml say so of the campus."""
    document: Any = tomlkit.parse(config.read_text(encoding="utf-8"))
    document["plugin"]["his_webservice"]["campus"][CAMPUS] = tomlkit.item(dict(table))
    mode = config.stat().st_mode & 0o777
    write_atomic(config, tomlkit.dumps(document), mode=mode)


def east() -> dict[str, Any]:
    """What the system is to hold: the campus of the demonstration."""
    told = hospital(CAMPUS)
    today = utc_now().date()
    theirs = outpatients(CAMPUS, list(people(COUNT, today)))
    rows = information(told, theirs, today)
    return {
        "departments": [
            {"code": one.code, "name": one.name, "place": one.place, "intro": one.intro}
            for one in told.departments
        ],
        "doctors": [
            {
                "code": one.code,
                "name": one.name,
                "department": one.department,
                "title": one.title,
                "expert": one.expert,
                "specialty": one.specialty,
                "intro": one.intro,
            }
            for one in told.doctors
        ],
        "patients": [_patient(one) for one in theirs],
        "info": {
            "inpatients": _rows(rows, Info.INPATIENTS, INPATIENT),
            "drugs": _rows(rows, Info.DRUGS, DRUG),
        },
    }


def _rows(rows: Iterable[InfoRow], kind: Info, names: Sequence[str]) -> list[dict[str, str]]:
    """The first cells of each row of that kind by the system's names."""
    wanted = [row.cells for row in rows if row.kind is kind]
    return [dict(zip(names, cells, strict=False)) for cells in wanted]


def _patient(one: Person) -> dict[str, str]:
    return {
        "number": one.number,
        "name": one.name,
        "sex": SEX.get(one.sex, ""),
        "birth": str(one.birth_date or ""),
        "idCard": one.id_card,
        "phone": one.phone.removeprefix("+86"),
    }


def _run(command: list[str]) -> int:
    """Run in the foreground; Ctrl-C reaches it by itself, and SIGTERM is handed on."""
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
