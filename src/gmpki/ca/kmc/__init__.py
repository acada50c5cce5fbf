"""The key-management centre: a pool of encryption keys, who was given which, and how they come back."""
