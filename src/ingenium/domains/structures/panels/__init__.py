"""Cores of sandwich panels with a topology and a thickness for each row of cells."""
