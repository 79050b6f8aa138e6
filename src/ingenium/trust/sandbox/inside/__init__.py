"""Code that runs inside the sandbox, on Python's own library alone; hence relative imports."""
