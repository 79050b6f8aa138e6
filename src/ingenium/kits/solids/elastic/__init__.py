"""Linear elasticity on regular grids, many designs at a time."""
