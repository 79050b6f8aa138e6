"""Checks of the rows on grids, through the command line."""
