"""Families whose networks spike."""
