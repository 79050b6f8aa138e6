"""Simulated camera frames of melt pools: a plant to operate, and streams for a monitor."""
