"""Registration: who applies, what becomes of it, and the life of what was issued."""
