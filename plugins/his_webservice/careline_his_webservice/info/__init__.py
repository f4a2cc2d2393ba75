"""Hospital information that people ask for: inpatients, operations, costs, drugs, routes ..."""
