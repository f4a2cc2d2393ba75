"""Hospital systems that show views of their database: read, never written."""
