"""Hospitals that speak FHIR R4."""
