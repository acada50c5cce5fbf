"""Revocation: what is revoked, the lists that say so, and the status that responders answer with."""
