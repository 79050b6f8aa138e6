"""Pages of the evidence book, drawn from the claims and from result files alone."""
