"""Designs that are graphs, and the families that propose them."""
