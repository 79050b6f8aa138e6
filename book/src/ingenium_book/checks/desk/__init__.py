"""Checks of the writer's desk: planted contradictions, and the record of who wrote what."""
