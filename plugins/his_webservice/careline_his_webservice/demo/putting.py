"""Stores the made-up hospital, once, beside the core's own demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from careline.patients.store import add_patients, newest_ids, read_patients
from careline.storage import Tx
from careline_his_webservice.adapters.embedded.people import add_people
from careline_his_webservice.adapters.embedded.plan import put_plan, roll
from careline_his_webservice.adapters.embedded.settings import EmbeddedSettings
from careline_his_webservice.adapters.embedded.store import add_departments, add_doctors, add_info
from careline_his_webservice.demo.hospital import EXTENTS, hospital
from careline_his_webservice.demo.information import information
from careline_his_webservice.demo.people import COUNT, outpatients, people

CONFIG: Mapping[str, Any] = {"campus": {name: {"kind": "embedded"} for name in EXTENTS}}


def put_hospital(tx: Tx, today: date) -> None:
    """Both campuses with four weeks of clinics, and patients to 2,000 beside those of the core."""
    there = read_patients(tx, newest_ids(tx, COUNT))
    patients = [*there, *add_patients(tx, list(people(COUNT - len(there), today)), checked=True)]
    patients.sort(key=lambda one: one.id)
    days = EmbeddedSettings().days
    for campus in EXTENTS:
        one = hospital(campus)
        theirs = outpatients(campus, patients)
        add_departments(tx, one.departments)
        add_doctors(tx, one.doctors)
        put_plan(tx, campus, one.plan)
        roll(tx, campus, today, days)
        add_people(tx, campus, theirs)
        add_info(tx, campus, information(one, theirs, today))
