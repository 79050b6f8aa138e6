"""`software.tests`: test suites for a Python module."""
