"""Checks of the rows on buildings, through the command line."""
