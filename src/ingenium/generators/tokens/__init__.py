"""Designs that are texts, as sequences of tokens, and the families that propose them."""
