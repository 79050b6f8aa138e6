"""Parts that are bolted down, carry loads at a pin and are printed: the problem `bracket`."""
