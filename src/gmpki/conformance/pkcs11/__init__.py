"""The checks of PKCS #11 modules, a group to a file.

They complement the public suites for PKCS #11, which try hundreds of mechanisms with thousands of vectors and know no
SM2, SM3 or SM4: here are the rules of the interface that clients count on, each mechanism family against software once,
and what a token for China's algorithms has beside them. SM2, SM3 and SM4 have no numbers in PKCS #11: they are found by
the map of the token's maker (:mod:`gmpki.tokens.pkcs11.mechanism_map`), so that nothing about them is required.
"""
