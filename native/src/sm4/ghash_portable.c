/*
 * GHASH (NIST SP 800-38D, 6.3 and 6.4) without carry-less multiplication instructions and without tables.
 *
 * A product of polynomials over GF(2) is found with ordinary multiplications of numbers whose bits stand four apart:
 * at most fifteen ones are added in a place, and the carries end in the three zero bits above it, which are masked
 * away; only in the topmost place there may be sixteen, and their carry leaves the number (the idea is T. Pornin's, in
 * BearSSL). The 64-bit product of two 64-bit numbers keeps the low
 * half only; the high half is the low half of the product of the reversed numbers, reversed.
 *
 * This relies on a multiplication whose time does not depend on its operands, as 64-bit processors have.
 */
#include "common/bytes.h"
#include "sm4/sm4.h"

/* An element: bit 127 - i is the coefficient of x^i, as the big-endian block has it. */
typedef struct element {
    uint64_t high;
    uint64_t low;
} element;

static inline uint64_t every_fourth(uint64_t v, unsigned from) {
    return v & 0x1111111111111111ULL << from;
}

/* The low 64 bits of the carry-less product. */
static uint64_t multiply_low(uint64_t a, uint64_t b) {
    uint64_t product = 0;
    for (unsigned place = 0; place < 4; place++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i < 4; i++) {
            sum ^= every_fourth(a, i) * every_fourth(b, (place - i) % 4);
        }
        product |= every_fourth(sum, place);
    }
    return product;
}

static uint64_t reverse_bits(uint64_t v) {
    v = (v & 0x5555555555555555) << 1 | (v >> 1 & 0x5555555555555555);
    v = (v & 0x3333333333333333) << 2 | (v >> 2 & 0x3333333333333333);
    v = (v & 0x0F0F0F0F0F0F0F0F) << 4 | (v >> 4 & 0x0F0F0F0F0F0F0F0F);
    v = (v & 0x00FF00FF00FF00FF) << 8 | (v >> 8 & 0x00FF00FF00FF00FF);
    v = (v & 0x0000FFFF0000FFFF) << 16 | (v >> 16 & 0x0000FFFF0000FFFF);
    return v << 32 | v >> 32;
}

/* The 127-bit carry-less product. */
static element multiply_wide(uint64_t a, uint64_t b) {
    element r;
    r.low = multiply_low(a, b);
    r.high = reverse_bits(multiply_low(reverse_bits(a), reverse_bits(b))) >> 1;
    return r;
}

/*
 * a * b mod x^128 + x^7 + x^2 + x + 1. The bits of an element run against the powers, so the 255-bit carry-less product
 * of the two numbers is the polynomial product shifted down by one; its low half then holds the powers from 128 on.
 */
static element multiply(element a, element b) {
    element top = multiply_wide(a.high, b.high);
    element bottom = multiply_wide(a.low, b.low);
    element middle = multiply_wide(a.high ^ a.low, b.high ^ b.low);
    middle.high ^= top.high ^ bottom.high;
    middle.low ^= top.low ^ bottom.low;

    uint64_t w3 = top.high, w2 = top.low ^ middle.high, w1 = bottom.high ^ middle.low, w0 = bottom.low;
    w3 = w3 << 1 | w2 >> 63;
    w2 = w2 << 1 | w1 >> 63;
    w1 = w1 << 1 | w0 >> 63;
    w0 = w0 << 1;

    /* x^128 = 1 + x + x^2 + x^7: in this order of bits a shift to the right by 0, 1, 2 and 7. w0 folds into w2 and w1
     * first, and what it left in w1 goes on from there. */
    w1 ^= w0 << 63 ^ w0 << 62 ^ w0 << 57;
    w2 ^= w0 ^ w0 >> 1 ^ w0 >> 2 ^ w0 >> 7;
    w2 ^= w1 << 63 ^ w1 << 62 ^ w1 << 57;
    w3 ^= w1 ^ w1 >> 1 ^ w1 >> 2 ^ w1 >> 7;
    return (element){w3, w2};
}

void sm4_ghash_init_portable(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]) {
    copy_bytes(key->powers[0], hash_key, GMPKI_SM4_BLOCK_LEN);
}

void sm4_ghash_portable(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                        size_t block_count) {
    element h = {load_be64(key->powers[0]), load_be64(key->powers[0] + 8)};
    element y = {load_be64(digest), load_be64(digest + 8)};
    for (size_t i = 0; i < block_count; i++) {
        y.high ^= load_be64(data + GMPKI_SM4_BLOCK_LEN * i);
        y.low ^= load_be64(data + GMPKI_SM4_BLOCK_LEN * i + 8);
        y = multiply(y, h);
    }
    store_be64(digest, y.high);
    store_be64(digest + 8, y.low);
    gmpki_cleanse(&h, sizeof h);
    gmpki_cleanse(&y, sizeof y);
}
