"""Quantum circuits: state vectors, noise, and generator families based on circuits."""
