"""Cores of sandwich panels, of which each row of cells has a topology and a thickness."""
