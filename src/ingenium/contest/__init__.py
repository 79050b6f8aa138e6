"""A contest: who meets held-out wishes, within, at the edge of and beyond what is known?"""
