"""What runs inside the sandbox, of Python's own library alone; imports are relative for that."""
