"""Checks of neuro, through the command line."""
