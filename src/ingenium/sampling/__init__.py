"""Solvers, guidance and hard constraints that work with every family that supports them."""
