"""Ways to a posterior, behind one contract."""
