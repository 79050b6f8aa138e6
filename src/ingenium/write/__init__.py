"""Machinery of `write`: documents whose every span has an author, their files, and scripts."""
