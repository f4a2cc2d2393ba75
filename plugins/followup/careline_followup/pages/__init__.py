"""Pages and panels of follow-up: worklist, questionnaire, wards, coverage, plans."""
