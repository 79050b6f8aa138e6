"""Studies of published claims, measured on what is here."""
