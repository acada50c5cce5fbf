"""Seals in OFD documents (GB/T 33190, GM/T 0099)."""
