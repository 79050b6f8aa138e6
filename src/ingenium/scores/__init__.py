"""Scores of generators: distances, diversity, privacy, utility."""
