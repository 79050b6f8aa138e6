"""Checks of words, through the command line."""
