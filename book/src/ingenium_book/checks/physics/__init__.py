"""Checks of physics, through the command line."""
