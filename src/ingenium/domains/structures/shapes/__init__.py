"""Stiff shapes: material in a box, placed to minimise displacements under loads."""
