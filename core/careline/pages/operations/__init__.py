"""Operations: health and alarms, plugins, jobs, backups."""
