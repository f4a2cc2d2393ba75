"""A modem with a SIM card, through the files of gammu-smsd."""
