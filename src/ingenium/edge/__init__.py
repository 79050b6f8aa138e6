"""Generators made small enough for a device: compressed, exported, run on it and judged there."""
