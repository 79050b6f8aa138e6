"""Comparison by targets on measured quantities, with rows that the engine labelled."""
