"""Studies of coatings."""
