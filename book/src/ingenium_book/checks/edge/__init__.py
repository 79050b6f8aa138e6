"""Checks of the rows on the edge, through the command line."""
