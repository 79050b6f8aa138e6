"""Lattices that are crushed: frames of walls, and how much energy they take up."""
