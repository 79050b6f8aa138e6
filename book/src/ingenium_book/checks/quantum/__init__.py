"""Checks of quantum, through the command line."""
