"""Discrete actions of a home battery by layers: tables, simulation in whole units, optimum, files."""
