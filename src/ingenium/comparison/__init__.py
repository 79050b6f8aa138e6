"""Head-to-head comparison of generators, baselines and strategies."""
