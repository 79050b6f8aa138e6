"""The metric suite of MOSES: how like a library of molecules is to a reference set.

Source: Polykovskiy et al., Molecular Sets (MOSES), Frontiers in Pharmacology 11:565644, 2020.
"""
