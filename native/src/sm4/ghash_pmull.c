/*
 * GHASH with PMULL of ARMv8: the same computation as ghash_pclmul.c, which explains it.
 *
 * Correct under emulation (make qemu); its speed has not been measured.
 */
#include <arm_neon.h>

#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

/* A product of 255 bits before its reduction, in three overlapping parts. */
typedef struct product {
    uint64x2_t low, middle, high;
} product;

static inline uint64x2_t reverse_bytes(uint8x16_t v) {
    uint8x16_t halves = vrev64q_u8(v);
    return vreinterpretq_u64_u8(vextq_u8(halves, halves, 8));
}

static inline uint64x2_t load_reversed(const uint8_t *block) {
    return reverse_bytes(vld1q_u8(block));
}

static inline uint64x2_t load_power(const sm4_ghash_key *key, size_t i) {
    return vreinterpretq_u64_u8(vld1q_u8(key->powers[i]));
}

static inline uint64x2_t swap_halves(uint64x2_t v) {
    return vextq_u64(v, v, 1);
}

static inline uint64x2_t multiply_low(uint64x2_t a, uint64x2_t b) {
    return vreinterpretq_u64_p128(vmull_p64((poly64_t)vgetq_lane_u64(a, 0), (poly64_t)vgetq_lane_u64(b, 0)));
}

static inline uint64x2_t multiply_high(uint64x2_t a, uint64x2_t b) {
    return vreinterpretq_u64_p128(vmull_high_p64(vreinterpretq_p64_u64(a), vreinterpretq_p64_u64(b)));
}

static inline void multiply_add(product *sum, uint64x2_t a, uint64x2_t b) {
    uint64x2_t swapped = swap_halves(b);
    sum->low = veorq_u64(sum->low, multiply_low(a, b));
    sum->high = veorq_u64(sum->high, multiply_high(a, b));
    sum->middle = veorq_u64(sum->middle, veorq_u64(multiply_low(a, swapped), multiply_high(a, swapped)));
}

/* sum x^-128 modulo x^128 + x^127 + x^126 + x^121 + 1. */
static inline uint64x2_t reduce(const product *sum) {
    const uint64x2_t zero = vdupq_n_u64(0), polynomial = vdupq_n_u64(0xC200000000000000);
    uint64x2_t low = veorq_u64(sum->low, vextq_u64(zero, sum->middle, 1));
    uint64x2_t high = veorq_u64(sum->high, vextq_u64(sum->middle, zero, 1));
    low = veorq_u64(swap_halves(low), multiply_low(low, polynomial));
    low = veorq_u64(swap_halves(low), multiply_low(low, polynomial));
    return veorq_u64(high, low);
}

static inline product nothing(void) {
    return (product){vdupq_n_u64(0), vdupq_n_u64(0), vdupq_n_u64(0)};
}

static inline uint64x2_t dot(uint64x2_t a, uint64x2_t b) {
    product p = nothing();
    multiply_add(&p, a, b);
    return reduce(&p);
}

/* v x: a shift, and the polynomial when a bit leaves at the top. */
static inline uint64x2_t multiply_by_x(uint64x2_t v) {
    const uint64x2_t polynomial = vcombine_u64(vcreate_u64(1), vcreate_u64(0xC200000000000000));
    uint64x2_t carries = vshrq_n_u64(v, 63);
    uint64x2_t shifted = vorrq_u64(vshlq_n_u64(v, 1), vextq_u64(vdupq_n_u64(0), carries, 1));
    uint64x2_t top_bit = vsubq_u64(vdupq_n_u64(0), vdupq_laneq_u64(carries, 1));
    return veorq_u64(shifted, vandq_u64(top_bit, polynomial));
}

void sm4_ghash_init_pmull(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]) {
    uint64x2_t h = multiply_by_x(load_reversed(hash_key));
    uint64x2_t power = h;
    for (size_t i = 0; i < SM4_GHASH_POWERS; i++) {
        vst1q_u8(key->powers[i], vreinterpretq_u8_u64(power));
        power = dot(power, h);
    }
}

void sm4_ghash_pmull(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                     size_t block_count) {
    uint64x2_t y = load_reversed(digest);
    while (block_count != 0) {
        size_t now = block_count < SM4_GHASH_POWERS ? block_count : SM4_GHASH_POWERS;
        product sum = nothing();
        multiply_add(&sum, veorq_u64(y, load_reversed(data)), load_power(key, now - 1));
        for (size_t i = 1; i < now; i++) {
            multiply_add(&sum, load_reversed(data + BLOCK * i), load_power(key, now - 1 - i));
        }
        y = reduce(&sum);
        data += BLOCK * now;
        block_count -= now;
    }
    vst1q_u8(digest, vreinterpretq_u8_u64(reverse_bytes(vreinterpretq_u8_u64(y))));
}
