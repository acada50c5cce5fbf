"""Tokens: UKeys behind SKF (GM/T 0016), PKCS#11 and PC/SC, and the software token, through one session protocol."""
