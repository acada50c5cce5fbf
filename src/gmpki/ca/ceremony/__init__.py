"""Key ceremonies: what is done with keys of authorities before witnesses; roots on machines without a network."""
