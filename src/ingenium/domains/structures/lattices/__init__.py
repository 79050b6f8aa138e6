"""Lattices under crushing: frames of walls, and the energy that they absorb."""
