"""Statistics of generated designs and experiments: intervals, limits, processes and trials."""
