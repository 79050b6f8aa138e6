"""Checks: public commands that show that a system exists and works, by field."""
