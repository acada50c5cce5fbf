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

/* A vector of the width that every processor with vectors has; elsewhere the compiler splits it. As memory it is
 * aligned and aliased as limbs are. */
typedef uint32_t vector __attribute__((vector_size(16), aligned(8), may_alias));

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

/* r = row[index - 1], or zeros for index 0. Reads every entry. */
static void scan_affine(affine *r, const affine row[BASE_ENTRIES], uint64_t index) {
    const vector *entry = (const vector *)(const void *)row;
    uint32_t lane = (uint32_t)value_barrier(index);
    vector wanted = {lane, lane, lane, lane};
    vector current = {0, 0, 0, 0};
    vector x0 = current, x1 = current, y0 = current, y1 = current;
    for (int i = 0; i < BASE_ENTRIES; i++, entry += 4) {
        current += (vector){1, 1, 1, 1};
        vector mask = (vector)(current == wanted);
        x0 |= entry[0] & mask;
        x1 |= entry[1] & mask;
        y0 |= entry[2] & mask;
        y1 |= entry[3] & mask;
    }
    vector found[4] = {x0, x1, y0, y1};
    memcpy(r, found, sizeof *r);
}

/* The same for the 16 Jacobian multiples of a point. */
static void scan_point(point *r, const point table[POINT_ENTRIES], uint64_t index) {
    const vector *entry = (const vector *)(const void *)table;
    uint32_t lane = (uint32_t)value_barrier(index);
    vector wanted = {lane, lane, lane, lane};
    vector current = {0, 0, 0, 0};
    vector x0 = current, x1 = current, y0 = current, y1 = current, z0 = current, z1 = current;
    for (int i = 0; i < POINT_ENTRIES; i++, entry += 6) {
        current += (vector){1, 1, 1, 1};
        vector mask = (vector)(current == wanted);
        x0 |= entry[0] & mask;
        x1 |= entry[1] & mask;
        y0 |= entry[2] & mask;
        y1 |= entry[3] & mask;
        z0 |= entry[4] & mask;
        z1 |= entry[5] & mask;
    }
    vector found[6] = {x0, x1, y0, y1, z0, z1};
    memcpy(r, found, sizeof *r);
}

static void select_base(affine *r, const affine row[BASE_ENTRIES], unsigned bits, uint64_t *skip) {
    uint64_t negative;
    fp minus_y;
    uint64_t index = recode(bits, BASE_WINDOW, &negative);
    scan_affine(r, row, index);
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
    scan_point(r, table, recode(bits, POINT_WINDOW, &negative));
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
    gmpki_cleanse(&minus_y, sizeof minus_y);
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
