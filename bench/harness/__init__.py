"""What the rows of the bench are measured with."""
