"""Molecules as trees of fragments, each joined to the next by a single bond."""
