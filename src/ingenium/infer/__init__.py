"""Hidden states from what was read of them: designs with weights, and whether these are right."""
