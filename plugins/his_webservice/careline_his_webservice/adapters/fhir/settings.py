"""The table of a system of kind ``fhir``."""

from __future__ import annotations

from attrs import frozen


@frozen
class FhirSettings:
    """``[plugin.his_webservice.campus.<name>.fhir]``."""
