"""Other implementations, asked the same questions: they confirm vectors, and tests record what they get wrong."""
