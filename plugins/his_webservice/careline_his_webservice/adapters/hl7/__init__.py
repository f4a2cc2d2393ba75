"""Hospitals that speak HL7 v2 over MLLP: visits are sent and told of, stays are told of."""
