/* What the SM2 tests share: the key of the standard's examples, scalars from numbers, a small random generator. */
#ifndef GMPKI_TESTS_SM2_SUPPORT_H
#define GMPKI_TESTS_SM2_SUPPORT_H

#include "check.h"
#include "sm2/sm2.h"
#include "test_api.h"

/* The private key of annexes A and C of GB/T 32918.5-2017, and their nonce. */
#define ANNEX_KEY "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define ANNEX_NONCE "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21"
/* e of annex A. */
#define ANNEX_E "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
#define DEFAULT_ID ((const uint8_t *)"1234567812345678"), 16

/* n and p, to be changed by small steps. */
#define ORDER "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
#define PRIME "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"

/* SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): the same numbers in every run. */
static inline uint64_t next_random(void) {
    static uint64_t state;
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline void random_bytes(uint8_t *out, size_t len) {
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)next_random();
    }
}

/* A scalar in [0, n-1] from random bytes. */
static inline fn random_scalar(void) {
    uint8_t bytes[32];
    fn r;
    random_bytes(bytes, sizeof bytes);
    fn_reduce_bytes(&r, bytes);
    return r;
}

static inline fn small_scalar(uint64_t value) {
    fn r = {{value, 0, 0, 0}};
    return r;
}

/* 32 bytes of a hex number plus a small signed step. */
static inline void hex_plus(uint8_t out[32], const char *hex, int step) {
    unhex(out, hex);
    int carry = step;
    for (int i = 31; i >= 0 && carry != 0; i--) {
        int v = out[i] + carry;
        out[i] = (uint8_t)v;
        carry = (v - (int)out[i]) / 256;
    }
}

static inline gmpki_sm2_private_key load_key(const char *hex) {
    gmpki_sm2_private_key key;
    uint8_t d[32];
    unhex(d, hex);
    CHECK(gmpki_sm2_private_key_load(&key, d) == GMPKI_OK);
    return key;
}

static inline gmpki_sm2_public_key public_of(const gmpki_sm2_private_key *key) {
    gmpki_sm2_public_key public_key;
    CHECK(gmpki_sm2_private_key_public(key, &public_key) == GMPKI_OK);
    return public_key;
}

/* A public key from a point, through its encoding. */
static inline gmpki_sm2_public_key public_from_point(const point *p) {
    gmpki_sm2_public_key key;
    affine a;
    uint8_t xy[64];
    CHECK(point_to_affine(&a, p) != 0);
    sm2_point_encode(xy, &a);
    CHECK(gmpki_sm2_public_key_load(&key, xy, sizeof xy) == GMPKI_OK);
    return key;
}

static inline int all_zero(const void *data, size_t len) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

#endif /* GMPKI_TESTS_SM2_SUPPORT_H */
