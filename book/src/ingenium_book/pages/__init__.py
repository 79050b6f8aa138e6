"""Pages of the evidence book, generated from the claims and from result files alone."""
