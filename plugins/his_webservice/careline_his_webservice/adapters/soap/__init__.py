"""Systems that are asked over SOAP."""
