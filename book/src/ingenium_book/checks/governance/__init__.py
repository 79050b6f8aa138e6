"""Checks of governance, by the commands of a release, in seconds."""
