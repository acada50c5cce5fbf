"""The algorithms: bytes in, bytes out. The only part of the package that calls the C core."""
