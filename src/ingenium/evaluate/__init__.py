"""Fidelity, calibration, utility, privacy and comparison of generated designs."""
