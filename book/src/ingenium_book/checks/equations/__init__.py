"""Checks of equations, through the command line."""
