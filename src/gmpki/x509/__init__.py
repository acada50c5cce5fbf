"""X.509 certificates: names, extensions, requests, pairs, revocation lists, profiles, paths."""
