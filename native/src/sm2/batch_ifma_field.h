/*
 * Eight field elements at once with AVX-512 IFMA: five limbs of 52 bits, one register for each limb of the eight.
 *
 * An fp8 has this contract, in each lane:
 *   - limb[0..4], the lowest first, hold a number v with 0 <= v < 2^260, every limb below 2^52. v need not be reduced:
 *     it is bounded by a small multiple of p, which each function below tells, and 2^260 is a little more than 16p.
 *   - v is a * 2^260 mod p for the element a that it stands for (Montgomery form of this radix).
 * A sum8 is the same with limbs that are signed and not carried yet, of magnitude below 2^60: sums and differences are
 * made limb by limb, and one pass of carries ends several of them. The vpmadd52 instructions read 52 bits of each
 * factor, so that factors have to be carried.
 *
 * With p + 1 = 2^52 * (2^12 - 2^44) + 2^208 * (2^48 - 2^16), Montgomery's quotient digit is the lowest limb itself (P.
 * Montgomery, Modular multiplication without trial division, 1985), and its multiple of p is one product with each of
 * two constants. The result of factors below bp and cp is below (bc / 16 + 1)p.
 *
 * CT: every function is constant time in every value. Only intrinsics: MemorySanitizer has to follow every instruction.
 */
#ifndef GMPKI_SRC_SM2_BATCH_IFMA_FIELD_H
#define GMPKI_SRC_SM2_BATCH_IFMA_FIELD_H

#include <immintrin.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

/* Registers have no index: a loop over limbs has to be unrolled for them to stay there. */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 10")
#endif

enum { LANES = 8, LIMB_BITS = 52 };

#define LIMB_MASK ((1LL << LIMB_BITS) - 1)
#define P_LOW ((1LL << 44) - (1LL << 12))  /* p + 1 = 2^208 * P_HIGH - 2^52 * P_LOW */
#define P_HIGH ((1LL << 48) - (1LL << 16)) /* and so p = 2^208 * P_HIGH - 2^52 * P_LOW - 1 */

typedef struct fp8 {
    __m512i limb[5];
} fp8;

typedef struct sum8 {
    __m512i limb[5];
} sum8;

/* Products before their reduction: ten limbs, signed like those of a sum. */
typedef struct product8 {
    __m512i limb[10];
} product8;

#define ALL_LANES(value) _mm512_set1_epi64(value)

/* ---- sums ------------------------------------------------------------------------------- */

INLINE sum8 fp8_sum(fp8 a) {
    return (sum8){{a.limb[0], a.limb[1], a.limb[2], a.limb[3], a.limb[4]}};
}

INLINE sum8 sum8_add(sum8 a, sum8 b) {
    sum8 r;
    r.limb[0] = _mm512_add_epi64(a.limb[0], b.limb[0]);
    r.limb[1] = _mm512_add_epi64(a.limb[1], b.limb[1]);
    r.limb[2] = _mm512_add_epi64(a.limb[2], b.limb[2]);
    r.limb[3] = _mm512_add_epi64(a.limb[3], b.limb[3]);
    r.limb[4] = _mm512_add_epi64(a.limb[4], b.limb[4]);
    return r;
}

INLINE sum8 sum8_sub(sum8 a, sum8 b) {
    sum8 r;
    r.limb[0] = _mm512_sub_epi64(a.limb[0], b.limb[0]);
    r.limb[1] = _mm512_sub_epi64(a.limb[1], b.limb[1]);
    r.limb[2] = _mm512_sub_epi64(a.limb[2], b.limb[2]);
    r.limb[3] = _mm512_sub_epi64(a.limb[3], b.limb[3]);
    r.limb[4] = _mm512_sub_epi64(a.limb[4], b.limb[4]);
    return r;
}

/* a * 2^count */
INLINE sum8 sum8_shift(sum8 a, unsigned count) {
    sum8 r;
    r.limb[0] = _mm512_slli_epi64(a.limb[0], count);
    r.limb[1] = _mm512_slli_epi64(a.limb[1], count);
    r.limb[2] = _mm512_slli_epi64(a.limb[2], count);
    r.limb[3] = _mm512_slli_epi64(a.limb[3], count);
    r.limb[4] = _mm512_slli_epi64(a.limb[4], count);
    return r;
}

/* a + multiple * p, to bring what may be negative above zero. The limbs in the middle of p + 1 are zero. */
INLINE sum8 sum8_add_p(sum8 a, int multiple) {
    a.limb[0] = _mm512_sub_epi64(a.limb[0], ALL_LANES(multiple));
    a.limb[1] = _mm512_sub_epi64(a.limb[1], ALL_LANES(multiple * P_LOW));
    a.limb[4] = _mm512_add_epi64(a.limb[4], ALL_LANES(multiple * P_HIGH));
    return a;
}

/*
 * a less such a multiple of p that the rest lies between 0.99p and 2.01p; a may be any sum of magnitude below 2^8 p.
 * The quotient by 2^256 comes from the top limb as it is: what the limbs below it still carry, and the difference
 * between p and 2^256 times the quotient, are less than 2^-24 p together.
 */
INLINE sum8 sum8_fold(sum8 a) {
    __m512i quotient = _mm512_sub_epi64(_mm512_srai_epi64(a.limb[4], 48), ALL_LANES(1));
    __m512i spread = _mm512_sub_epi64(_mm512_slli_epi64(quotient, 32), quotient);
    a.limb[0] = _mm512_add_epi64(a.limb[0], quotient);
    a.limb[1] = _mm512_add_epi64(a.limb[1], _mm512_slli_epi64(spread, 12));
    a.limb[4] = _mm512_sub_epi64(a.limb[4], _mm512_slli_epi64(spread, 16));
    return a;
}

/* The same number, which has to lie in [0, 2^260), with its carries done. */
INLINE fp8 sum8_carry(sum8 a) {
    const __m512i mask = ALL_LANES(LIMB_MASK);
    fp8 r;
    r.limb[1] = _mm512_add_epi64(a.limb[1], _mm512_srai_epi64(a.limb[0], LIMB_BITS));
    r.limb[2] = _mm512_add_epi64(a.limb[2], _mm512_srai_epi64(r.limb[1], LIMB_BITS));
    r.limb[3] = _mm512_add_epi64(a.limb[3], _mm512_srai_epi64(r.limb[2], LIMB_BITS));
    r.limb[4] = _mm512_add_epi64(a.limb[4], _mm512_srai_epi64(r.limb[3], LIMB_BITS));
    r.limb[0] = _mm512_and_si512(a.limb[0], mask);
    r.limb[1] = _mm512_and_si512(r.limb[1], mask);
    r.limb[2] = _mm512_and_si512(r.limb[2], mask);
    r.limb[3] = _mm512_and_si512(r.limb[3], mask);
    return r;
}

/* ---- products --------------------------------------------------------------------------- */

/* t += a * b * 2^(52 * place), for one limb of each */
#define ADD_LIMBS(t, place, a, b)                                                                                      \
    do {                                                                                                               \
        (t)[place] = _mm512_madd52lo_epu64((t)[place], (a), (b));                                                      \
        (t)[(place) + 1] = _mm512_madd52hi_epu64((t)[(place) + 1], (a), (b));                                          \
    } while (0)

/* t += a * b * 2^(52 * place), for all limbs of a and one of b */
#define ADD_ROW(t, place, a, b)                                                                                        \
    do {                                                                                                               \
        ADD_LIMBS(t, (place), (a)[0], (b));                                                                            \
        ADD_LIMBS(t, (place) + 1, (a)[1], (b));                                                                        \
        ADD_LIMBS(t, (place) + 2, (a)[2], (b));                                                                        \
        ADD_LIMBS(t, (place) + 3, (a)[3], (b));                                                                        \
        ADD_LIMBS(t, (place) + 4, (a)[4], (b));                                                                        \
    } while (0)

/*
 * Montgomery's reduction takes (t + m p) / 2^260 with the m in [0, 2^260) that makes the lowest five limbs zero. Digit
 * i of m is the lower 52 bits of limb i, and m_i (p + 1) takes the place of m_i p with limb i cleared. What P_LOW makes
 * is to be subtracted, and is kept apart (in less) until its limb is complete.
 *
 * The steps stand among the rows of the product, each a row behind what it waits for, so that they run beside them.
 */
#define TAKE_LOW(t, less, i)                                                                                           \
    do {                                                                                                               \
        __m512i next = _mm512_add_epi64((t)[(i) + 1], _mm512_srai_epi64((t)[i], LIMB_BITS));                           \
        less = _mm512_madd52lo_epu64(less, (t)[i], ALL_LANES(P_LOW));                                                  \
        (t)[(i) + 1] = _mm512_sub_epi64(next, less);                                                                   \
        less = _mm512_madd52hi_epu64(_mm512_setzero_si512(), (t)[i], ALL_LANES(P_LOW));                                \
    } while (0)

#define TAKE_HIGH(t, i) ADD_LIMBS(t, (i) + 4, (t)[i], ALL_LANES(P_HIGH))

#define TAKE_DIGIT(t, less, i)                                                                                         \
    do {                                                                                                               \
        TAKE_LOW(t, less, i);                                                                                          \
        TAKE_HIGH(t, i);                                                                                               \
    } while (0)

#define PRODUCT_ZERO                                                                                                   \
    (product8) {                                                                                                       \
        {                                                                                                              \
            _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),            \
                _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),        \
                _mm512_setzero_si512(), _mm512_setzero_si512()                                                         \
        }                                                                                                              \
    }

/* (t + ab) / 2^260 modulo p, not carried */
INLINE sum8 fp8_mul_add(product8 t, fp8 a, fp8 b) {
    __m512i less = _mm512_setzero_si512();
    ADD_ROW(t.limb, 0, a.limb, b.limb[0]);
    ADD_ROW(t.limb, 1, a.limb, b.limb[1]);
    TAKE_DIGIT(t.limb, less, 0);
    ADD_ROW(t.limb, 2, a.limb, b.limb[2]);
    TAKE_DIGIT(t.limb, less, 1);
    ADD_ROW(t.limb, 3, a.limb, b.limb[3]);
    TAKE_DIGIT(t.limb, less, 2);
    ADD_ROW(t.limb, 4, a.limb, b.limb[4]);
    TAKE_DIGIT(t.limb, less, 3);
    TAKE_DIGIT(t.limb, less, 4);
    return (sum8){{t.limb[5], _mm512_sub_epi64(t.limb[6], less), t.limb[7], t.limb[8], t.limb[9]}};
}

/* The products of different limbs of a square, each of which it has twice; as sums, for twice a limb has no room in 52
 * bits. */
INLINE product8 fp8_mixed_products(fp8 a) {
    product8 r = PRODUCT_ZERO;
    ADD_LIMBS(r.limb, 1, a.limb[0], a.limb[1]);
    ADD_LIMBS(r.limb, 2, a.limb[0], a.limb[2]);
    ADD_LIMBS(r.limb, 3, a.limb[0], a.limb[3]);
    ADD_LIMBS(r.limb, 4, a.limb[0], a.limb[4]);
    ADD_LIMBS(r.limb, 5, a.limb[1], a.limb[4]);
    ADD_LIMBS(r.limb, 3, a.limb[1], a.limb[2]);
    ADD_LIMBS(r.limb, 4, a.limb[1], a.limb[3]);
    ADD_LIMBS(r.limb, 6, a.limb[2], a.limb[4]);
    ADD_LIMBS(r.limb, 5, a.limb[2], a.limb[3]);
    ADD_LIMBS(r.limb, 7, a.limb[3], a.limb[4]);
    r.limb[1] = _mm512_add_epi64(r.limb[1], r.limb[1]);
    r.limb[2] = _mm512_add_epi64(r.limb[2], r.limb[2]);
    r.limb[3] = _mm512_add_epi64(r.limb[3], r.limb[3]);
    r.limb[4] = _mm512_add_epi64(r.limb[4], r.limb[4]);
    r.limb[5] = _mm512_add_epi64(r.limb[5], r.limb[5]);
    r.limb[6] = _mm512_add_epi64(r.limb[6], r.limb[6]);
    r.limb[7] = _mm512_add_epi64(r.limb[7], r.limb[7]);
    r.limb[8] = _mm512_add_epi64(r.limb[8], r.limb[8]);
    return r;
}

#define DOUBLE_LIMB(t, place) (t)[place] = _mm512_add_epi64((t)[place], (t)[place])

/*
 * a^2 / 2^260 modulo p, not carried: from the low limbs up, so that the digits begin early. What they add to the limbs
 * above has to wait until the products there are doubled.
 */
INLINE sum8 fp8_sqr_sum(fp8 a) {
    __m512i less = _mm512_setzero_si512();
    product8 t = PRODUCT_ZERO;
    ADD_LIMBS(t.limb, 1, a.limb[0], a.limb[1]);
    ADD_LIMBS(t.limb, 2, a.limb[0], a.limb[2]);
    ADD_LIMBS(t.limb, 3, a.limb[0], a.limb[3]);
    ADD_LIMBS(t.limb, 3, a.limb[1], a.limb[2]);
    DOUBLE_LIMB(t.limb, 1);
    ADD_LIMBS(t.limb, 4, a.limb[0], a.limb[4]);
    DOUBLE_LIMB(t.limb, 2);
    ADD_LIMBS(t.limb, 0, a.limb[0], a.limb[0]);
    DOUBLE_LIMB(t.limb, 3);
    ADD_LIMBS(t.limb, 4, a.limb[1], a.limb[3]);
    ADD_LIMBS(t.limb, 2, a.limb[1], a.limb[1]);
    TAKE_LOW(t.limb, less, 0);
    ADD_LIMBS(t.limb, 5, a.limb[1], a.limb[4]);
    ADD_LIMBS(t.limb, 5, a.limb[2], a.limb[3]);
    TAKE_LOW(t.limb, less, 1);
    DOUBLE_LIMB(t.limb, 4);
    ADD_LIMBS(t.limb, 6, a.limb[2], a.limb[4]);
    ADD_LIMBS(t.limb, 7, a.limb[3], a.limb[4]);
    TAKE_LOW(t.limb, less, 2);
    DOUBLE_LIMB(t.limb, 5);
    DOUBLE_LIMB(t.limb, 6);
    ADD_LIMBS(t.limb, 4, a.limb[2], a.limb[2]);
    TAKE_HIGH(t.limb, 0);
    DOUBLE_LIMB(t.limb, 7);
    DOUBLE_LIMB(t.limb, 8);
    TAKE_LOW(t.limb, less, 3);
    ADD_LIMBS(t.limb, 6, a.limb[3], a.limb[3]);
    ADD_LIMBS(t.limb, 8, a.limb[4], a.limb[4]);
    TAKE_HIGH(t.limb, 1);
    TAKE_LOW(t.limb, less, 4);
    TAKE_HIGH(t.limb, 2);
    TAKE_HIGH(t.limb, 3);
    TAKE_HIGH(t.limb, 4);
    return (sum8){{t.limb[5], _mm512_sub_epi64(t.limb[6], less), t.limb[7], t.limb[8], t.limb[9]}};
}

/* -t * 2^count, to begin a product with */
INLINE product8 product8_negative(product8 t, unsigned count) {
    const __m512i zero = _mm512_setzero_si512();
    UNROLL
    for (int i = 0; i < 10; i++) {
        t.limb[i] = _mm512_sub_epi64(zero, count == 0 ? t.limb[i] : _mm512_slli_epi64(t.limb[i], count));
    }
    return t;
}

/* -ab */
INLINE product8 fp8_negative_product(fp8 a, fp8 b) {
    product8 t = PRODUCT_ZERO;
    ADD_ROW(t.limb, 0, a.limb, b.limb[0]);
    ADD_ROW(t.limb, 1, a.limb, b.limb[1]);
    ADD_ROW(t.limb, 2, a.limb, b.limb[2]);
    ADD_ROW(t.limb, 3, a.limb, b.limb[3]);
    ADD_ROW(t.limb, 4, a.limb, b.limb[4]);
    return product8_negative(t, 0);
}

/* -8a^2 */
INLINE product8 fp8_negative_8_squares(fp8 a) {
    product8 t = fp8_mixed_products(a);
    ADD_LIMBS(t.limb, 0, a.limb[0], a.limb[0]);
    ADD_LIMBS(t.limb, 2, a.limb[1], a.limb[1]);
    ADD_LIMBS(t.limb, 4, a.limb[2], a.limb[2]);
    ADD_LIMBS(t.limb, 6, a.limb[3], a.limb[3]);
    ADD_LIMBS(t.limb, 8, a.limb[4], a.limb[4]);
    return product8_negative(t, 3);
}

INLINE sum8 fp8_mul_sum(fp8 a, fp8 b) {
    return fp8_mul_add(PRODUCT_ZERO, a, b);
}

/* ab and a^2, below (bound of a * bound of b / 16 + 1)p */
INLINE fp8 fp8_mul(fp8 a, fp8 b) {
    return sum8_carry(fp8_mul_sum(a, b));
}

INLINE fp8 fp8_sqr(fp8 a) {
    return sum8_carry(fp8_sqr_sum(a));
}

/* ---- lanes ------------------------------------------------------------------------------ */

/* b in the lanes of the mask, a in the others */
INLINE fp8 fp8_select(__mmask8 mask, fp8 a, fp8 b) {
    UNROLL
    for (int i = 0; i < 5; i++) {
        a.limb[i] = _mm512_mask_mov_epi64(a.limb[i], mask, b.limb[i]);
    }
    return a;
}

/* Five limbs of 52 bits from four words of 64, and back. */
INLINE fp8 fp8_from_words(const __m512i words[4]) {
    const __m512i mask = ALL_LANES(LIMB_MASK);
    fp8 r;
    r.limb[0] = _mm512_and_si512(words[0], mask);
    r.limb[1] = _mm512_or_si512(_mm512_srli_epi64(words[0], 52), _mm512_slli_epi64(words[1], 12));
    r.limb[2] = _mm512_or_si512(_mm512_srli_epi64(words[1], 40), _mm512_slli_epi64(words[2], 24));
    r.limb[3] = _mm512_or_si512(_mm512_srli_epi64(words[2], 28), _mm512_slli_epi64(words[3], 36));
    r.limb[1] = _mm512_and_si512(r.limb[1], mask);
    r.limb[2] = _mm512_and_si512(r.limb[2], mask);
    r.limb[3] = _mm512_and_si512(r.limb[3], mask);
    r.limb[4] = _mm512_srli_epi64(words[3], 16);
    return r;
}

INLINE void fp8_to_words(__m512i words[4], fp8 a) {
    words[0] = _mm512_or_si512(a.limb[0], _mm512_slli_epi64(a.limb[1], 52));
    words[1] = _mm512_or_si512(_mm512_srli_epi64(a.limb[1], 12), _mm512_slli_epi64(a.limb[2], 40));
    words[2] = _mm512_or_si512(_mm512_srli_epi64(a.limb[2], 24), _mm512_slli_epi64(a.limb[3], 28));
    words[3] = _mm512_or_si512(_mm512_srli_epi64(a.limb[3], 36), _mm512_slli_epi64(a.limb[4], 16));
}

/* The number itself in [0, p), for one below 2p. */
INLINE fp8 fp8_canonical(fp8 a) {
    fp8 less = sum8_carry(sum8_add_p(fp8_sum(a), -1));
    return fp8_select(_mm512_movepi64_mask(less.limb[4]), less, a);
}

/* The lanes that hold the number 0 */
INLINE __mmask8 fp8_is_zero(fp8 a) {
    __m512i any = _mm512_or_si512(_mm512_or_si512(a.limb[0], a.limb[1]), _mm512_or_si512(a.limb[2], a.limb[3]));
    any = _mm512_or_si512(any, a.limb[4]);
    return _mm512_testn_epi64_mask(any, any);
}

#endif /* GMPKI_SRC_SM2_BATCH_IFMA_FIELD_H */
