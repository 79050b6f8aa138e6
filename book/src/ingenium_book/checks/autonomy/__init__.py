"""Checks of autonomy, through the command line."""
