"""Arrangements of one molecule in space: torsions, energies, and an ensemble that covers them."""
