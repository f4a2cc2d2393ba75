"""Reports: figures of the core and of plugins as charts, tables and files."""
