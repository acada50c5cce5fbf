"""The registration office: who applies, what is applied for, and the life of what was issued."""
