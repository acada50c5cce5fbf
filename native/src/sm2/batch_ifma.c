/*
 * Eight multiplications at once with AVX-512 IFMA.
 *
 * Fixed base: windows of 7 bits in Booth's signed digits, one table row of 64 points for each, mixed additions only. A
 * lane finds its point among the 64 by permuting registers, with its digit as the selector of the permutation, which no
 * address and no time depends on. The sum S before row i has |S| <= 2^(7i - 1), and the term d * 2^(7i) is larger
 * unless d = 0, so that equal points would need |S - d * 2^(7i)| >= n. That is possible in the last row alone, i = 36:
 * there S + d * 2^252 = k with 0 <= k < n and d >= 0, hence S = d * 2^252 - n and k = 2d * 2^252 - n; |S| <= 2^251
 * leaves d = 16 alone, where k = 2^257 - n > n. Opposite points would need S + d * 2^(7i) to be 0 or n, and then k is:
 * neither is in [1, n - 1]. So a sum is infinity exactly while all its digits were 0, which a mask remembers.
 *
 * Verification takes t * P, with windows of 5 bits from the highest, of a t that is at most (n - 1) / 2 by taking n - t
 * and -P instead: before a digit d is added the sum is 32m * P where 32m + d is a prefix of t, rounded, so that 32m <=
 * (n
 * - 1) / 2 + 16; |d| <= 16, and so 32m = d or -d needs m = d = 0. s * G comes from the fixed-base table, and where the
 * two are equal or opposite, which anyone can choose, z of their sum is 0 and the caller verifies alone.
 *
 * Montgomery's trick finds the inverses of all lanes with one inversion.
 */
#include <string.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "gmpki/common.h"
#include "sm2/batch.h"
#include "sm2/batch_ifma_point.h"
#include "sm2/batch_ifma_table_generated.h"

enum { GROUPS = SM2_BATCH_MAX / LANES, POINT_WINDOW = 5, POINT_DIGITS = 52, POINT_ENTRIES = 1 << (POINT_WINDOW - 1) };

#define LANES_PLAIN_ONE {1, 0, 0, 0, 0}

INLINE fp8 fp8_constant(const int64_t limbs[5]) {
    return (fp8){
        {ALL_LANES(limbs[0]), ALL_LANES(limbs[1]), ALL_LANES(limbs[2]), ALL_LANES(limbs[3]), ALL_LANES(limbs[4])}};
}

#define CONSTANT(limbs) fp8_constant((const int64_t[5])limbs)

/* ---- numbers of items, 32 bytes each, in and out of lanes ------------------------------- */

/* Word by word the four words of up to eight items, stride words apart; lanes without an item repeat the first. */
static void gather_words(__m512i words[4], const uint64_t *items, size_t stride, size_t count) {
    uint64_t rows[4][LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        const uint64_t *item = items + (lane < count ? lane : 0) * stride;
        for (size_t i = 0; i < 4; i++) {
            rows[i][lane] = item[i];
        }
    }
    for (size_t i = 0; i < 4; i++) {
        words[i] = _mm512_loadu_si512(rows[i]);
    }
    gmpki_cleanse(rows, sizeof rows);
}

static void scatter_words(uint64_t *items, size_t stride, const __m512i words[4], size_t count) {
    uint64_t rows[4][LANES];
    for (size_t i = 0; i < 4; i++) {
        _mm512_storeu_si512(rows[i], words[i]);
    }
    for (size_t lane = 0; lane < count; lane++) {
        for (size_t i = 0; i < 4; i++) {
            items[lane * stride + i] = rows[i][lane];
        }
    }
    gmpki_cleanse(rows, sizeof rows);
}

/* a times factor, reduced: another form of the same element. */
INLINE fp8 fp8_convert(fp8 a, fp8 factor) {
    return fp8_canonical(fp8_mul(a, factor));
}

static void put_fp(fp *items, size_t stride, fp8 a, size_t count) {
    __m512i words[4];
    fp8_to_words(words, fp8_convert(a, CONSTANT(LANES_TO_FP)));
    scatter_words(items->limb, stride, words, count);
}

static fp8 get_fp(const fp *items, size_t stride, size_t count) {
    __m512i words[4];
    gather_words(words, items->limb, stride, count);
    return fp8_mul(fp8_from_words(words), CONSTANT(LANES_FROM_FP));
}

/* ---- digits ----------------------------------------------------------------------------- */

/* Bits position .. position + count - 1 of the scalars; position -1 and places past the top read as 0. Positions are
 * public. */
INLINE __m512i window_of(const __m512i k[4], int position, int count) {
    __m512i v;
    if (position < 0) {
        v = _mm512_slli_epi64(k[0], 1);
    } else {
        int word = position / 64;
        int shift = position % 64;
        v = word < 4 ? _mm512_srl_epi64(k[word], _mm_cvtsi32_si128(shift)) : _mm512_setzero_si512();
        if (shift + count > 64 && word < 3) {
            v = _mm512_or_si512(v, _mm512_sll_epi64(k[word + 1], _mm_cvtsi32_si128(64 - shift)));
        }
    }
    return _mm512_and_si512(v, ALL_LANES((1LL << count) - 1));
}

/* Signed digits from window + 1 bits: magnitudes, and the lanes where they are below zero. */
INLINE __m512i recode(__mmask8 *negative, const __m512i k[4], int place, int window) {
    __m512i bits = window_of(k, window * place - 1, window + 1);
    *negative = _mm512_test_epi64_mask(bits, ALL_LANES(1LL << window));
    __m512i value = _mm512_mask_sub_epi64(bits, *negative, ALL_LANES((2LL << window) - 1), bits);
    return _mm512_add_epi64(_mm512_srli_epi64(value, 1), _mm512_and_si512(value, ALL_LANES(1)));
}

/* ---- fixed base ------------------------------------------------------------------------- */

/* One word of the point that each lane's index, 0 .. 63, names: bits 0 to 3 permute, 4 and 5 choose. */
INLINE __m512i select_word(const uint64_t words[LANES_ENTRIES], __m512i index, __mmask8 bit4, __mmask8 bit5) {
    __m512i found[4];
    UNROLL
    for (int i = 0; i < 4; i++) {
        __m512i low = _mm512_load_si512(words + 16 * i);
        __m512i high = _mm512_load_si512(words + 16 * i + 8);
        found[i] = _mm512_permutex2var_epi64(low, index, high);
    }
    __m512i below_32 = _mm512_mask_mov_epi64(found[0], bit4, found[1]);
    __m512i from_32 = _mm512_mask_mov_epi64(found[2], bit4, found[3]);
    return _mm512_mask_mov_epi64(below_32, bit5, from_32);
}

/* The point of each lane's digit of a row, some point for digit 0, which *is_zero tells. */
INLINE affine8 select_base(__mmask8 *is_zero, const uint64_t row[LANES_WORDS][LANES_ENTRIES], const __m512i k[4],
                           int place) {
    __mmask8 negative;
    __m512i words[LANES_WORDS];
    __m512i index = recode(&negative, k, place, LANES_WINDOW);
    *is_zero = _mm512_testn_epi64_mask(index, index);
    index = _mm512_sub_epi64(index, ALL_LANES(1));
    __mmask8 bit4 = _mm512_test_epi64_mask(index, ALL_LANES(16));
    __mmask8 bit5 = _mm512_test_epi64_mask(index, ALL_LANES(32));
    UNROLL
    for (int i = 0; i < LANES_WORDS; i++) {
        words[i] = select_word(row[i], index, bit4, bit5);
    }
    affine8 r = {fp8_from_words(words), fp8_from_words(words + 4)};
    fp8 minus_y = sum8_carry(sum8_add_p(sum8_sub((sum8){{{0}}}, fp8_sum(r.y)), 1)); /* y < p in the table */
    r.y = fp8_select(negative, r.y, minus_y);
    return r;
}

/* sum + term, where sum is infinity in the lanes not in *finite, and term in those of skip. */
INLINE point8 accumulate(point8 sum, point8 total, point8 term, __mmask8 *finite, __mmask8 skip) {
    total = point8_select(*finite, term, total);
    *finite = (__mmask8)(*finite | (__mmask8)~skip);
    return point8_select(skip, total, sum);
}

/* k * G for k in [1, n - 1]. */
static point8 multiply_base8(const __m512i k[4]) {
    fp8 unit = CONSTANT(LANES_ONE);
    point8 sum = {unit, unit, unit};
    __mmask8 finite = 0;
    for (int i = 0; i < LANES_ROWS; i++) {
        __mmask8 skip;
        affine8 term = select_base(&skip, lanes_table[i], k, i);
        point8 total = point8_add_affine(sum, term);
        sum = accumulate(sum, total, (point8){term.x, term.y, unit}, &finite, skip);
    }
    return sum;
}

/* ---- inversion -------------------------------------------------------------------------- */

INLINE fp8 exchange_1(fp8 a) {
    UNROLL
    for (int i = 0; i < 5; i++) {
        a.limb[i] = _mm512_permutex_epi64(a.limb[i], 0xb1);
    }
    return a;
}

INLINE fp8 exchange_2(fp8 a) {
    UNROLL
    for (int i = 0; i < 5; i++) {
        a.limb[i] = _mm512_permutex_epi64(a.limb[i], 0x4e);
    }
    return a;
}

INLINE fp8 exchange_4(fp8 a) {
    UNROLL
    for (int i = 0; i < 5; i++) {
        a.limb[i] = _mm512_shuffle_i64x2(a.limb[i], a.limb[i], 0x4e);
    }
    return a;
}

/* One lane's inverse for all: every lane holds the same. */
static fp8 invert_common(fp8 a) {
    fp element;
    __m512i words[4];
    fp8_to_words(words, fp8_convert(a, CONSTANT(LANES_TO_FP)));
    scatter_words(element.limb, 0, words, 1);
    sm2_ifma_inverse(&element, &element);
    fp8 r = get_fp(&element, 0, 1);
    gmpki_cleanse(&element, sizeof element);
    return r;
}

/* a^-1 in every lane of so many elements, none of them 0 (Montgomery's trick: first along the elements, then across the
 * lanes, where each level multiplies by the partner's product). */
static void invert_all(fp8 *a, size_t groups) {
    fp8 before[GROUPS];
    before[0] = a[0];
    for (size_t i = 1; i < groups; i++) {
        before[i] = fp8_mul(before[i - 1], a[i]);
    }
    fp8 single = before[groups - 1];
    fp8 pair = fp8_mul(single, exchange_1(single));
    fp8 quad = fp8_mul(pair, exchange_2(pair));
    fp8 inverse = invert_common(fp8_mul(quad, exchange_4(quad)));
    inverse = fp8_mul(inverse, exchange_4(quad));
    inverse = fp8_mul(inverse, exchange_2(pair));
    inverse = fp8_mul(inverse, exchange_1(single));
    for (size_t i = groups - 1; i > 0; i--) {
        fp8 own = fp8_mul(inverse, before[i - 1]);
        inverse = fp8_mul(inverse, a[i]);
        a[i] = own;
    }
    a[0] = inverse;
    gmpki_cleanse(before, sizeof before);
}

static size_t lanes_from(size_t first, size_t count) {
    return count - first < LANES ? count - first : LANES;
}

static void ifma_multiply_base(affine *r, const fn *k, size_t count) {
    point8 product[GROUPS];
    fp8 inverse[GROUPS];
    __m512i words[4];
    size_t groups = (count + LANES - 1) / LANES;
    size_t done = 0;
    do { /* count is not 0 */
        gather_words(words, k[LANES * done].limb, 4, lanes_from(LANES * done, count));
        product[done] = multiply_base8(words);
        inverse[done] = product[done].z;
    } while (++done < groups);
    invert_all(inverse, groups);
    for (size_t i = 0; i < groups; i++) {
        affine *items = r + LANES * i;
        fp8 square = fp8_sqr(inverse[i]);
        put_fp(&items->x, sizeof *items / 8, fp8_mul(product[i].x, square), lanes_from(LANES * i, count));
        fp8 cube = fp8_mul(square, inverse[i]);
        put_fp(&items->y, sizeof *items / 8, fp8_mul(product[i].y, cube), lanes_from(LANES * i, count));
    }
    gmpki_cleanse(product, sizeof product);
    gmpki_cleanse(inverse, sizeof inverse);
    gmpki_cleanse(words, sizeof words);
}

/* ---- verification ----------------------------------------------------------------------- */

/* t * p for t at most (n - 1) / 2, all public. */
static point8 multiply_point8_vartime(const __m512i t[4], affine8 p) {
    point8 table[POINT_ENTRIES]; /* 1P .. 16P */
    table[0] = (point8){p.x, p.y, CONSTANT(LANES_ONE)};
    for (int i = 1; i < POINT_ENTRIES; i++) {
        table[i] = i % 2 == 1 ? point8_double(table[i / 2]) : point8_add_affine(table[i - 1], p);
    }
    point8 sum = table[0];
    __mmask8 finite = 0;
    for (int i = POINT_DIGITS - 1; i >= 0; i--) {
        __mmask8 negative;
        __m512i index = recode(&negative, t, i, POINT_WINDOW);
        for (int j = 0; j < POINT_WINDOW && finite != 0; j++) {
            sum = point8_double(sum);
        }
        point8 term = table[0];
        for (int j = 1; j < POINT_ENTRIES; j++) {
            term = point8_select(_mm512_cmpeq_epi64_mask(index, ALL_LANES(j + 1)), term, table[j]);
        }
        fp8 minus_y = sum8_carry(sum8_add_p(sum8_sub((sum8){{{0}}}, fp8_sum(term.y)), 5));
        term.y = fp8_select(negative, term.y, minus_y);
        __mmask8 skip = _mm512_testn_epi64_mask(index, index);
        sum = accumulate(sum, point8_add(sum, term), term, &finite, skip);
    }
    return sum;
}

/* The lanes where a, below 16p, is 0 modulo p. A product with 1 is below p + 1, and p only for such an a. */
INLINE __mmask8 fp8_is_multiple_of_p(fp8 a) {
    return fp8_is_zero(fp8_convert(a, CONSTANT(LANES_PLAIN_ONE)));
}

/* The lanes where x of a point is the number given, without an inversion: number * z^2 = x. */
INLINE __mmask8 has_x(point8 a, fp8 zz, fp8 number) {
    fp8 x = fp8_mul(number, CONSTANT(LANES_FROM_PLAIN));
    sum8 less = sum8_sub(fp8_mul_sum(x, zz), fp8_sum(a.x));
    return fp8_is_multiple_of_p(sum8_carry(sum8_add_p(less, 3)));
}

/* The lanes where x of a point is c modulo n: c, or c + n where that is below p. */
static __mmask8 has_x_modulo_n(point8 a, fp8 c) {
    fp8 zz = fp8_sqr(a.z);
    __mmask8 equal = has_x(a, zz, c);
    sum8 larger = sum8_add(fp8_sum(c), fp8_sum(CONSTANT(LANES_ORDER)));
    __mmask8 below_p = _mm512_movepi64_mask(sum8_carry(sum8_add_p(larger, -1)).limb[4]);
    return (__mmask8)(equal | (below_p & has_x(a, zz, sum8_carry(larger))));
}

static void verify8_vartime(uint64_t *good, uint64_t *unsure, const fn *s, const fn *t, const affine *p, const fn *c,
                            size_t count) {
    __m512i words[4];
    fn scalar[LANES];
    affine base[LANES];
    for (size_t i = 0; i < count; i++) {
        scalar[i] = t[i];
        base[i] = p[i];
        if (fn_is_above_half(&t[i])) {
            fn_neg(&scalar[i], &t[i]);
            fp_neg(&base[i].y, &p[i].y);
        }
    }
    gather_words(words, scalar->limb, 4, count);
    affine8 bases = {get_fp(&base->x, sizeof *base / 8, count), get_fp(&base->y, sizeof *base / 8, count)};
    point8 sum = multiply_point8_vartime(words, bases);
    gather_words(words, s->limb, 4, count);
    sum = point8_add(sum, multiply_base8(words));
    __mmask8 met = fp8_is_multiple_of_p(sum.z);
    gather_words(words, c->limb, 4, count);
    __mmask8 equal = has_x_modulo_n(sum, fp8_from_words(words));
    for (size_t i = 0; i < count; i++) {
        good[i] = mask_from_bit(equal >> i & 1);
        unsure[i] = mask_from_bit(met >> i & 1);
    }
    gmpki_cleanse(words, sizeof words); /* c, which a secret digest is in */
}

static void ifma_verify(uint64_t *good, uint64_t *unsure, const fn *s, const fn *t, const affine *p, const fn *c,
                        size_t count) {
    for (size_t i = 0; i < count; i += LANES) {
        verify8_vartime(good + i, unsure + i, s + i, t + i, p + i, c + i, lanes_from(i, count));
    }
}

#ifdef GMPKI_TEST_BUILD
static fp8 get_limbs(uint64_t a[5][LANES]) {
    fp8 r;
    for (int i = 0; i < 5; i++) {
        r.limb[i] = _mm512_loadu_si512(a[i]);
    }
    return r;
}

static void ifma_field(uint64_t r[5][LANES], uint64_t a[5][LANES], uint64_t b[5][LANES], int op) {
    fp8 x = get_limbs(a);
    fp8 y = get_limbs(b);
    fp8 result = x;
    switch (op) {
    case SM2_BATCH_MUL:
        result = fp8_mul(x, y);
        break;
    case SM2_BATCH_SQR:
        result = fp8_sqr(x);
        break;
    case SM2_BATCH_DIFFERENCE:
        result = sum8_carry(sum8_fold(sum8_sub(fp8_sum(x), sum8_shift(fp8_sum(y), 3))));
        break;
    case SM2_BATCH_TWO_PRODUCTS:
        result = sum8_carry(sum8_fold(fp8_mul_add(fp8_negative_8_squares(y), x, y)));
        break;
    default:
        result = fp8_convert(x, CONSTANT(LANES_PLAIN_ONE));
        break;
    }
    for (int i = 0; i < 5; i++) {
        _mm512_storeu_si512(r[i], result.limb[i]);
    }
}
#endif

const sm2_batch sm2_batch_ifma = {
    .width = LANES,
    .worthwhile = 2,
    .multiply_base = ifma_multiply_base,
    .verify = ifma_verify,
#ifdef GMPKI_TEST_BUILD
    .field = ifma_field,
#endif
};
