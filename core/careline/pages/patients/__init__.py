"""Patients in the workspace: search, records, merging, import and export, and who is calling."""
