"""Pages and panels: messages, writing, groups, templates, the address book, gateways."""
