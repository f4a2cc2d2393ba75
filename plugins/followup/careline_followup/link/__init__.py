"""The page behind a link in a message: a questionnaire that any telephone can show."""
