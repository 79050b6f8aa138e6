"""Checks of scale, through the command line."""
