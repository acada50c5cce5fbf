/*
 * Scalar multiplication.
 *
 * Secret scalars are cut into windows of w bits and recoded into signed digits in [-2^(w-1), 2^(w-1)] (A. D. Booth,
 * 1951, in radix 2^w): digit i comes from bits w*i - 1 .. w*i + w - 1, so each is found alone. A digit selects a
 * multiple from a table by reading the whole row and masking, and its sign negates y by a mask.
 *
 * The additions never meet two equal finite points, so they need no doubling case:
 *   - Fixed base, windows from the lowest: before digit i the sum is S * G with |S| <= 2^(6i - 1), and |d| * 2^(6i)
 *     is larger than |S| unless d = 0. Equality modulo n would need |S - d * 2^(6i)| >= n, possible at most in the top
 *     window i = 42; there S + d * 2^252 = k with 0 <= k < n and d >= 0, hence S = d * 2^252 - n and
 *     k = 2d * 2^252 - n; |S| <= 2^251 leaves d = 16 alone, where k = 2^257 - n > n. A contradiction.
 *   - Any point, windows from the highest: k is first brought to at most (n - 1) / 2 by taking n - k and -P instead.
 *     Before adding digit d the sum is 32m * P, where 32m + d is a prefix of k, rounded, and so 32m <= (n - 1) / 2
 * + 16. 32m = d needs m = d = 0 since |d| <= 16, and 32m = n + d is out of reach.
 */
#include "sm2/mul.h"

#include "common/bytes.h"
#include "gmpki/common.h"
#include "sm2/base_table_generated.h"

enum {
    POINT_WINDOW = 5,
    POINT_DIGITS = 52, /* 52 * 5 = 260 bits */
    POINT_ENTRIES = 1 << (POINT_WINDOW - 1),
    WNAF_WINDOW = 5,
    WNAF_ENTRIES = 1 << (WNAF_WINDOW - 2), /* odd multiples 1, 3, ... 15 */
    WNAF_DIGITS = 257
};

/* Two 64-bit lanes, aligned and aliased as limbs are: the compiler uses vector registers where there are some. */
typedef uint64_t lanes __attribute__((vector_size(16), aligned(8), may_alias));

/* Bits position .. position + count - 1 of k; position -1 and places past the top read as 0. Positions are public. */
static unsigned scalar_bits(const fn *k, int position, int count) {
    uint64_t v;
    if (position < 0) {
        v = k->limb[0] << -position;
    } else {
        int limb = position / 64;
        int shift = position % 64;
        v = limb < 4 ? k->limb[limb] >> shift : 0;
        if (shift + count > 64 && limb < 3) {
            v |= k->limb[limb + 1] << (64 - shift);
        }
    }
    return (unsigned)(v & ((1u << count) - 1));
}

/* A signed digit from window + 1 bits: its magnitude, and all ones in *negative if it is below zero. */
static uint64_t recode(unsigned bits, int window, uint64_t *negative) {
    uint64_t sign = mask_from_bit(bits >> window & 1);
    uint64_t value = select_u64(sign, (2u << window) - 1 - bits, bits);
    *negative = sign;
    return (value >> 1) + (value & 1);
}

/* r = table[index - 1] of count entries of lane_count lanes each, 0 for index 0. Reads every entry. */
static inline void scan(lanes *r, const lanes *table, int count, int lane_count, uint64_t index) {
    lanes wanted = {index, index};
    lanes current = {0, 0};
    const lanes one = {1, 1};
    for (int j = 0; j < lane_count; j++) {
        r[j] = (lanes){0, 0};
    }
    for (int i = 0; i < count; i++) {
        current += one;
        lanes mask = (lanes)(current == wanted);
        for (int j = 0; j < lane_count; j++) {
            r[j] |= table[i * lane_count + j] & mask;
        }
    }
}

static void select_base(affine *r, const affine row[BASE_ENTRIES], unsigned bits, uint64_t *skip) {
    uint64_t negative;
    fp minus_y;
    lanes found[sizeof(affine) / sizeof(lanes)];
    uint64_t index = value_barrier(recode(bits, BASE_WINDOW, &negative));
    scan(found, (const lanes *)(const void *)row, BASE_ENTRIES, sizeof(affine) / sizeof(lanes), index);
    memcpy(r, found, sizeof *r);
    fp_neg(&minus_y, &r->y);
    fp_move_if(&r->y, &minus_y, negative);
    *skip = mask_is_zero(index);
}

void multiply_base(point *r, const fn *k) {
    affine term;
    uint64_t skip;
    point sum;
    memset(&sum, 0, sizeof sum);
    for (int i = 0; i < BASE_ROWS; i++) {
        unsigned bits = scalar_bits(k, BASE_WINDOW * i - 1, BASE_WINDOW + 1);
        select_base(&term, base_table[i], bits, &skip);
        point_add_affine_distinct(&sum, &sum, &term, skip);
    }
    *r = sum;
    gmpki_cleanse(&term, sizeof term);
    gmpki_cleanse(&sum, sizeof sum);
}

static void select_multiple(point *r, const point table[POINT_ENTRIES], unsigned bits) {
    uint64_t negative;
    fp minus_y;
    lanes found[sizeof(point) / sizeof(lanes)];
    uint64_t index = value_barrier(recode(bits, POINT_WINDOW, &negative));
    scan(found, (const lanes *)(const void *)table, POINT_ENTRIES, sizeof(point) / sizeof(lanes), index);
    memcpy(r, found, sizeof *r);
    fp_neg(&minus_y, &r->y);
    fp_move_if(&r->y, &minus_y, negative);
}

void multiply_point(point *r, const fn *k, const affine *p) {
    point table[POINT_ENTRIES]; /* 1P .. 16P */
    point sum, term;
    fn scalar = *k;
    fn opposite;
    fp minus_y;

    uint64_t flip = fn_is_above_half(k);
    fn_neg(&opposite, k);
    fn_move_if(&scalar, &opposite, flip);
    point_from_affine(&table[0], p);
    fp_neg(&minus_y, &p->y);
    fp_move_if(&table[0].y, &minus_y, flip);
    for (int i = 1; i < POINT_ENTRIES; i++) {
        if (i % 2 == 1) {
            point_double(&table[i], &table[i / 2]);
        } else {
            point_add_distinct(&table[i], &table[i - 1], &table[0]);
        }
    }

    memset(&sum, 0, sizeof sum);
    for (int i = POINT_DIGITS - 1; i >= 0; i--) {
        for (int j = 0; j < POINT_WINDOW && i < POINT_DIGITS - 1; j++) {
            point_double(&sum, &sum);
        }
        select_multiple(&term, table, scalar_bits(&scalar, POINT_WINDOW * i - 1, POINT_WINDOW + 1));
        point_add_distinct(&sum, &sum, &term);
    }
    *r = sum;
    gmpki_cleanse(table, sizeof table);
    gmpki_cleanse(&sum, sizeof sum);
    gmpki_cleanse(&term, sizeof term);
    gmpki_cleanse(&scalar, sizeof scalar);
    gmpki_cleanse(&opposite, sizeof opposite);
}

/*
 * Width-5 non-adjacent form (Hankerson, Menezes, Vanstone, Algorithm 3.35): digits 0 or odd in [-15, 15]. Returns the
 * number of digits.
 */
static int recode_wnaf_vartime(int8_t digits[WNAF_DIGITS], const fn *k) {
    int length = 0;
    unsigned carry = 0;
    memset(digits, 0, WNAF_DIGITS);
    for (int i = 0; i < WNAF_DIGITS;) {
        if (scalar_bits(k, i, 1) == carry) {
            i++;
            continue;
        }
        int digit = (int)(scalar_bits(k, i, WNAF_WINDOW) + carry);
        carry = (unsigned)digit >> (WNAF_WINDOW - 1);
        digits[i] = (int8_t)(digit - (int)(carry << WNAF_WINDOW));
        length = i + 1;
        i += WNAF_WINDOW;
    }
    return length;
}

/* t * p by its non-adjacent form; s * G by the fixed-base table, looked up directly. */
void multiply_double_vartime(point *r, const fn *s, const fn *t, const affine *p) {
    point odd[WNAF_ENTRIES];
    point twice;
    point_from_affine(&odd[0], p);
    point_double(&twice, &odd[0]);
    for (int i = 1; i < WNAF_ENTRIES; i++) {
        point_add_vartime(&odd[i], &odd[i - 1], &twice);
    }

    int8_t digits[WNAF_DIGITS];
    point sum;
    memset(&sum, 0, sizeof sum);
    for (int i = recode_wnaf_vartime(digits, t) - 1; i >= 0; i--) {
        point_double(&sum, &sum);
        if (digits[i] > 0) {
            point_add_vartime(&sum, &sum, &odd[digits[i] / 2]);
        } else if (digits[i] < 0) {
            point minus = odd[-digits[i] / 2];
            fp_neg(&minus.y, &minus.y);
            point_add_vartime(&sum, &sum, &minus);
        }
    }

    for (int i = 0; i < BASE_ROWS; i++) {
        uint64_t negative;
        uint64_t index = recode(scalar_bits(s, BASE_WINDOW * i - 1, BASE_WINDOW + 1), BASE_WINDOW, &negative);
        if (index != 0) {
            affine term = base_table[i][index - 1];
            if (negative) {
                fp_neg(&term.y, &term.y);
            }
            point_add_affine_vartime(&sum, &sum, &term);
        }
    }
    *r = sum;
}
