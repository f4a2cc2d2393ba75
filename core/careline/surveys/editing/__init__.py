"""The editor of surveys: pages that each plugin with surveys includes under its own address."""
