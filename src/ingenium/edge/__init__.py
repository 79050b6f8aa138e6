"""Generators made small enough for a device: compressed, exported, and judged on the device."""
