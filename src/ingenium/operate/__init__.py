"""Policies that act over time: rolled out on plants, run in a safety shell, and recorded."""
