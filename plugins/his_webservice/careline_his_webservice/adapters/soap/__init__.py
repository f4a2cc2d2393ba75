"""Hospital systems with SOAP web services, mapped by a file of rules."""
