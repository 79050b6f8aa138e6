"""Runs: the loop of every design, what a finished run holds, and what is done with one."""
