"""Files that a user of gmpki needs and that come with an installed package."""
