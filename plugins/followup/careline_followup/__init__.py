"""Follow-up of patients (随访): every discharge gets its tasks, each task its outcome."""
