"""Conformers of one molecule: torsions, energies, and an ensemble that covers them."""
