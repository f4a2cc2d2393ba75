"""Systems that speak FHIR R4."""
