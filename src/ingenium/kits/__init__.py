"""Parts that several domains share."""
