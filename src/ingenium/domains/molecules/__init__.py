"""Molecules: new compounds that meet a specification, checked to the bond."""
