"""Families whose designs are graphs: nodes and edges of a few kinds."""
