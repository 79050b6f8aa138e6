"""Pictures."""
def sections(problem, designs, verdicts):
    return ()
