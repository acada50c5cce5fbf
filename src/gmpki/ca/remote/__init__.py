"""Orders between a registration office and an authority elsewhere, over HTTP: the messages, and both sides of them."""
