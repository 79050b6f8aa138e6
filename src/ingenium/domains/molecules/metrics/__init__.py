"""Metrics of similarity between two sets of molecules, and of diversity."""
