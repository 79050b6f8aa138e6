"""Sketches of a word, stroke by stroke."""
