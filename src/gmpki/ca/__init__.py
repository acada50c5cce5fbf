"""A certification authority: registration, issuing, key management, revocation, publication, on a database."""
