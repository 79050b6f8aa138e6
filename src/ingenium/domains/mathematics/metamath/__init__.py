"""Metamath: databases, the kernel, the grammar of formulas, and files of proofs."""
