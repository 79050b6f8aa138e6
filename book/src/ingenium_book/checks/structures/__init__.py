"""Checks of structures, by their commands, in seconds."""
