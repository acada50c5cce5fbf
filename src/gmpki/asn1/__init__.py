"""ASN.1: a strict DER reader and writer, the BER normaliser, and one schema file per standard.

No cryptography and no input or output happens here.

:mod:`gmpki.asn1.der` reads and writes; :mod:`gmpki.asn1.ber` turns BER into DER first, where foreign data needs it;
:mod:`gmpki.asn1.quirks` names what tolerant reading accepts; every other module holds the structures of the document
it is named for.
"""
