"""Topology optimisers that work on many designs of one grid at a time."""
