"""Searches that learn from verdicts: they propose molecules, see what was measured, and go on."""
