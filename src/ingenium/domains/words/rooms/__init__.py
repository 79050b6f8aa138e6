"""A building's brief as rooms, what lies together or apart, and rules that it breaks."""
