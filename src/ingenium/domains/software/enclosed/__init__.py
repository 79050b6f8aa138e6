"""What runs inside the sandbox, of Python's own library and coverage alone."""
