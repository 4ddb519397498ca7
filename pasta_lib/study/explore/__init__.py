"""What the notebooks let a person play with: pure functions from a state to HTML."""
