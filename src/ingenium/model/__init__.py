"""Models of processes in time: families with their assumptions, fitted, checked and saved."""
