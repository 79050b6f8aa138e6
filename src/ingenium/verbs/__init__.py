"""Verbs: one module each, the public Python API."""
