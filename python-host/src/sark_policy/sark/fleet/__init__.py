"""All workers as one: what they are told to do, and what they say of themselves."""
