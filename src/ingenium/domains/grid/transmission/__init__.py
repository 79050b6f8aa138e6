"""Transmission networks: case files, admittances, flows and sensitivities."""
