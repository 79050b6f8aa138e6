"""Methods that sample a posterior, behind one contract."""
