"""File formats of days, weeks and years."""
