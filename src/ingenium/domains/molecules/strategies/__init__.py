"""Molecule strategies of `ingenium search`: graph evolution and reinforcement of a generator."""
