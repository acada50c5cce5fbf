"""ASN.1: a strict DER reader and writer, the BER normaliser, and one schema file per standard.

No cryptography and no input or output happens here.

:mod:`gmpki.asn1.der` reads and writes; :mod:`gmpki.asn1.ber` turns BER into DER first, where foreign data needs it;
``gmt0009``, ``rfc5280``, ``rfc5915``, ``rfc5958``, ``rfc8018`` and ``sec1`` hold the structures of the documents
they are named for.
"""
