"""Printed columns as the paths that lay them: G-code, free of collisions, and what beads bear."""
