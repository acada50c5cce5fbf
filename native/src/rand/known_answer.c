/* The known-answer test of the DRBG: seed, request, reseed, a longer request with additional input. */
#include "common/bytes.h"
#include "common/gate.h"
#include "gmpki/rand.h"

#ifdef GMPKI_TEST_BUILD
int rand_known_answer_broken;
#endif

/* Computed with a model of the generator in Python integers over OpenSSL's SM3. */
static const uint8_t expected[48] = {
    0xae, 0x99, 0x01, 0x30, 0x93, 0x65, 0x65, 0xda, 0x4d, 0x85, 0xd4, 0xa5, 0x7a, 0x63, 0x55, 0x59,
    0x31, 0x77, 0x6b, 0x04, 0xc3, 0x5f, 0x4f, 0x56, 0xbd, 0xe8, 0xd1, 0x35, 0x39, 0x87, 0x70, 0x6e,
    0xf6, 0xbe, 0x41, 0x10, 0x60, 0x1e, 0xea, 0x82, 0x95, 0x71, 0x70, 0x06, 0x88, 0x28, 0xeb, 0x70,
};

int rand_known_answer(void) {
    /* Entropy 00 .. 1f, nonce 20 .. 2f, entropy of the reseed 40 .. 5f. */
    uint8_t seed[0x60];
    uint8_t out[sizeof expected];
    gmpki_drbg drbg;
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)i;
    }
#ifdef GMPKI_TEST_BUILD
    seed[0] ^= rand_known_answer_broken != 0;
#endif
    int failed = gmpki_drbg_init(&drbg, seed, 32, seed + 0x20, 16, (const uint8_t *)"gmpki", 5) != GMPKI_OK;
    failed = failed || gmpki_drbg_generate(&drbg, out, 32, NULL, 0) != GMPKI_OK;
    failed = failed || gmpki_drbg_reseed(&drbg, seed + 0x40, 32, (const uint8_t *)"reseed", 6) != GMPKI_OK;
    failed = failed || gmpki_drbg_generate(&drbg, out, sizeof out, (const uint8_t *)"more", 4) != GMPKI_OK;
    failed = failed || memcmp(out, expected, sizeof out) != 0;
    gmpki_drbg_clear(&drbg);
    return failed ? GMPKI_ERR_SELFTEST : GMPKI_OK;
}
