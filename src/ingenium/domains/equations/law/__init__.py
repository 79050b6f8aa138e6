"""Problem of laws from tables: formulas with consistent units, by error and complexity."""
