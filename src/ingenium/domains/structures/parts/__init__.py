"""Parts with holes, holds and loads that are printed: what all such problems share."""
