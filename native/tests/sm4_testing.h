/* What the tests of SM4 share. */
#ifndef GMPKI_TESTS_SM4_TESTING_H
#define GMPKI_TESTS_SM4_TESTING_H

#include "check.h"
#include "gmpki/sm4.h"
#include "pattern.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

/* The key of GB/T 32907-2016 annex A, of draft-ribose-cfrg-sm4-10 and of RFC 8998. */
static const uint8_t annex_key[BLOCK] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                         0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};

/* Bytes unlike the pattern, for keys. */
static inline void fill_reversed(uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(251 - 13 * i);
    }
}

/* The block cipher for models of the modes that are written from their definitions. Counts only when it fails. */
static inline void model_block(const uint8_t key[BLOCK], int direction, uint8_t out[BLOCK], const uint8_t in[BLOCK]) {
    gmpki_sm4_key expanded;
    int made = gmpki_sm4_key_init(&expanded, key) == GMPKI_OK &&
               gmpki_sm4_blocks(&expanded, direction, out, in, 1) == GMPKI_OK;
    if (!made) {
        CHECK(made);
    }
}

#endif /* GMPKI_TESTS_SM4_TESTING_H */
