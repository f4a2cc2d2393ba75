"""The table of a system of kind ``fhir``."""

from __future__ import annotations

from attrs import field, frozen

from careline.config import Secret, between, matches, one_of
from careline.i18n import Text

ADDRESS = Text("an address that begins with http")


@frozen
class FhirSettings:
    """``[plugin.his_webservice.campus.<name>.fhir]``; ``base`` is the address of FHIR R4.

    The systems of identifiers are by default those of China's health records (WS 365 and others).
    """

    base: str = field(validator=matches(r"https?://[^\s?#]+", ADDRESS))
    token: Secret | None = None
    """Bearer token."""
    user: str = ""
    password: Secret | None = None
    departments: str = field(
        default="HealthcareService", validator=one_of(("HealthcareService", "Organization"))
    )
    """The resource by which departments are told."""
    organization: str = ""
    """Id of the campus's Organization, where a server serves several; empty: all is ours."""
    number_system: str = "urn:oid:2.16.156.10011.1.11"
    """Identifiers that are outpatient numbers (门诊号)."""
    id_card_system: str = "urn:oid:2.16.156.10011.1.3"
    """Identifiers that are id card numbers (身份证号)."""
    visit_system: str = "urn:careline:visit"
    """Identifiers that we give to visits and to the slots that we hold for them."""
    patient_system: str = "urn:careline:patient"
    """Identifiers that we give to patients whom we register."""
    turn_system: str = ""
    """Identifiers of an Appointment that are the patient's turn (就诊序号)."""
    page: int = field(default=500, validator=between(10, 1000))
    """Resources asked for at once."""
