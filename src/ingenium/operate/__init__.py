"""Policies that act over time: rolled out on plants, kept in a safety shell, run and recorded."""
