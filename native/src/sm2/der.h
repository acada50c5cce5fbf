/*
 * The little of DER (GB/T 16263.1, X.690) that signatures and ciphertexts need. Strict: definite lengths in the fewest
 * bytes, INTEGERs in the fewest bytes. CT: encodings are public.
 */
#ifndef GMPKI_SRC_SM2_DER_H
#define GMPKI_SRC_SM2_DER_H

#include <stddef.h>
#include <stdint.h>

enum { DER_INTEGER = 0x02, DER_OCTET_STRING = 0x04, DER_SEQUENCE = 0x30 };

/* What is left to read. */
typedef struct der_input {
    const uint8_t *data;
    size_t len;
} der_input;

/* Read the header of an element with this tag: its contents go to *contents and the input moves behind it. 1, or 0. */
int der_read(der_input *in, uint8_t tag, der_input *contents);

/* Read an INTEGER from 0 to 2^256 - 1 into 32 bytes. 1, or 0. */
int der_read_uint256(der_input *in, uint8_t number[32]);

/* Write a header, or an INTEGER of 32 bytes, and return the place behind it. */
uint8_t *der_write_header(uint8_t *out, uint8_t tag, size_t len);
uint8_t *der_write_uint256(uint8_t *out, const uint8_t number[32]);

/* The bytes that an element with len bytes of contents, or such an INTEGER, takes in all. */
size_t der_element_len(size_t len);
size_t der_uint256_len(const uint8_t number[32]);

#endif /* GMPKI_SRC_SM2_DER_H */
