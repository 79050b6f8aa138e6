"""The metric suite of MOSES: similarity of a library of molecules to a reference set.

Source: Polykovskiy et al., Molecular Sets (MOSES), Frontiers in Pharmacology 11:565644, 2020.
"""
