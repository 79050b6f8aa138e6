"""Checks of molecules, by their commands, in seconds."""
