"""An authority that exists is taken over: its keys, its certificates and their holders, its revocations, its tokens."""
