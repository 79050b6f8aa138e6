"""Texts cut from sources, each of whose words carries the line that it comes from."""
