"""Discrete actions of a home battery by layers: tables, simulation, optimum and files."""
