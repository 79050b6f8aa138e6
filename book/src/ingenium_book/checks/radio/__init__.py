"""Checks of the rows on radio, through the command line."""
