"""Laws from tables: formulas whose units are right, on the front of error and complexity."""
