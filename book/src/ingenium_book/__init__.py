"""The evidence book: rows of the reference, and the studies and checks that answer them."""
