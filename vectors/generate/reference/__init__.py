"""SM2, SM3 and SM4 by the book, with Python integers: slow, not constant time, for making test vectors only.

Nothing here imports gmpki, so that a vector never comes from the code it tests.
"""
