"""Studies of crystals."""
