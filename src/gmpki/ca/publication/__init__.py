"""Publication: certificates and revocation lists, put where others find them, and a look at what is there."""
