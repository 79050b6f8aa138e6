"""Reports from tables."""
