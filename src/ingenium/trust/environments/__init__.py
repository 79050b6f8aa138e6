"""Engines outside this process, as programs or in isolated environments."""
