"""Printed columns as toolpaths: G-code, free of collisions, and the strength of their beads."""
