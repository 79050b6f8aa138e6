"""`mathematics.proof`: proofs that two kernels accept."""
