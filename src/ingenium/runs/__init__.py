"""Runs: the loop that produces designs, the contents of a finished run, and operations on it."""
