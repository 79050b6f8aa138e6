"""Building briefs: rooms, their adjacency, and broken rules."""
