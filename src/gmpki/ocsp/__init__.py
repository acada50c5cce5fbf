"""Online certificate status (RFC 6960): requests, responses, a responder, and the checker for path validation."""
