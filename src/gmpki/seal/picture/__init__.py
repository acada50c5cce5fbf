"""The pictures of seals: taken over, taken from a scan, or drawn."""
