"""Studies of laws, models and solution fields."""
