"""Neuromorphic."""
