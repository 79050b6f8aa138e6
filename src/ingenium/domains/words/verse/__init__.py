"""Sonnets that hold metre and rhyme."""
