"""Printed parts with holes, supports and loads: the base of all such problems."""
