"""Checks of matter, through the command line."""
