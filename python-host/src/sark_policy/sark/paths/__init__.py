"""The two ways to an answer, what keeps them apart, and what compares them."""
