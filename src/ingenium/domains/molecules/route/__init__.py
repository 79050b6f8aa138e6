"""Routes: which reactions make a molecule from blocks that can be bought."""
