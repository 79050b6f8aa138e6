"""The evidence book: every row of the reference, what it claims, and where it stands."""
