"""Studies: measurements of published numbers, a module each, by field."""
