"""Checks of plant, through the command line."""
