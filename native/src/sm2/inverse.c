/*
 * Inverses by division steps (D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd computation and modular inversion",
 * 2019). A step takes odd f, any g and delta to
 *   delta > 0 and g odd: (1 - delta, g, (g - f) / 2)
 *   else:                (1 + delta, f, (g + (g mod 2) f) / 2).
 * Beginning with f = m, g = a and delta = 1/2, 590 steps are enough for every m and a below 2^256 to come to g = 0 and
 * f = +-gcd(m, a) (P. Wuille, "Bounds on divsteps iterations in safegcd", 2021). Each step is linear in f and g, and
 * depends on delta and the lowest bit of g alone; so 59 steps in a row are found on the lowest limbs as a matrix, t /
 * 2^59, which is then applied to whole numbers: to f and g exactly, to d and e modulo m, where d * a = f * factor and e
 * * a = g * factor throughout.
 */
#include "sm2/inverse.h"

#include "common/ct.h"
#include "gmpki/common.h"

enum { STEPS = 59, BATCHES = 10, LIMBS = 5 };

#define LIMB_MASK ((INT64_C(1) << STEPS) - 1)

typedef __int128 int128;

/* limb[i] * 2^(59i), lowest first: all in [0, 2^59) but the highest, which has the sign. */
typedef struct wide {
    int64_t limb[LIMBS];
} wide;

/* f becomes (u f + v g) / 2^59, g becomes (q f + r g) / 2^59, and |u| + |v| and |q| + |r| are at most 2^59. */
typedef struct matrix {
    int64_t u, v, q, r;
} matrix;

static void wide_from_limbs(wide *r, const uint64_t a[4]) {
    r->limb[0] = (int64_t)(a[0] & LIMB_MASK);
    r->limb[1] = (int64_t)((a[0] >> 59 | a[1] << 5) & LIMB_MASK);
    r->limb[2] = (int64_t)((a[1] >> 54 | a[2] << 10) & LIMB_MASK);
    r->limb[3] = (int64_t)((a[2] >> 49 | a[3] << 15) & LIMB_MASK);
    r->limb[4] = (int64_t)(a[3] >> 44);
}

/* For a number in [0, 2^256). */
static void wide_to_limbs(uint64_t r[4], const wide *a) {
    const int64_t *l = a->limb;
    r[0] = (uint64_t)l[0] | (uint64_t)l[1] << 59;
    r[1] = (uint64_t)l[1] >> 5 | (uint64_t)l[2] << 54;
    r[2] = (uint64_t)l[2] >> 10 | (uint64_t)l[3] << 49;
    r[3] = (uint64_t)l[3] >> 15 | (uint64_t)l[4] << 44;
}

/*
 * 59 steps on the lowest bits of f and g. *eta is -(delta + 1/2), below zero exactly when delta > 0. The matrix is kept
 * times 2^i: what is halved in f and g is doubled in the other row instead.
 */
static void division_steps(matrix *t, int64_t *eta, uint64_t f, uint64_t g) {
    uint64_t u = 1, v = 0, q = 0, r = 1;
    uint64_t z = (uint64_t)*eta;
    for (int i = 0; i < STEPS; i++) {
        uint64_t positive = mask_from_bit(z >> 63);
        uint64_t odd = mask_from_bit(g & 1);
        /* g, q, r plus f, u, v, or minus for delta > 0, if g is odd */
        g += ((f ^ positive) - positive) & odd;
        q += ((u ^ positive) - positive) & odd;
        r += ((v ^ positive) - positive) & odd;
        /* where that was a difference, f takes the old g: (g - f) + f */
        positive &= odd;
        z = (z ^ positive) - 1;
        f += g & positive;
        u += q & positive;
        v += r & positive;
        g >>= 1;
        u <<= 1;
        v <<= 1;
    }
    *eta = (int64_t)z;
    t->u = (int64_t)u;
    t->v = (int64_t)v;
    t->q = (int64_t)q;
    t->r = (int64_t)r;
}

/* r = (u a + v b) / 2^59, which is exact. r may be a or b: a limb is read before the one below it is written. */
static inline void apply_row(wide *r, const wide *a, const wide *b, int64_t u, int64_t v) {
    int128 sum = (int128)u * a->limb[0] + (int128)v * b->limb[0];
    sum >>= STEPS;
    for (int i = 1; i < LIMBS; i++) {
        sum += (int128)u * a->limb[i] + (int128)v * b->limb[i];
        r->limb[i - 1] = (int64_t)sum & LIMB_MASK;
        sum >>= STEPS;
    }
    r->limb[LIMBS - 1] = (int64_t)sum;
}

/*
 * The same modulo m: a multiple of m between -m 2^58 and m 2^58 makes the sum divisible by 2^59. If a and b lie in
 * (-c, c), r does in (-c - m / 2, c + m / 2).
 */
static inline void apply_row_modulo(wide *r, const wide *a, const wide *b, int64_t u, int64_t v, const wide *m,
                                    uint64_t negative_inverse) {
    int128 sum = (int128)u * a->limb[0] + (int128)v * b->limb[0];
    int64_t k = (int64_t)((uint64_t)sum * negative_inverse << (64 - STEPS)) >> (64 - STEPS);
    sum += (int128)k * m->limb[0];
    sum >>= STEPS;
    for (int i = 1; i < LIMBS; i++) {
        sum += (int128)u * a->limb[i] + (int128)v * b->limb[i] + (int128)k * m->limb[i];
        r->limb[i - 1] = (int64_t)sum & LIMB_MASK;
        sum >>= STEPS;
    }
    r->limb[LIMBS - 1] = (int64_t)sum;
}

/* a plus or minus m * 2^shift, towards zero; with no subtraction if only_add. */
static void step_towards_zero(wide *a, const wide *m, int shift, int only_add) {
    uint64_t negative = mask_from_bit((uint64_t)a->limb[LIMBS - 1] >> 63);
    uint64_t sign = only_add ? 0 : ~negative;
    uint64_t used = only_add ? negative : ~(uint64_t)0;
    int64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t term = ((uint64_t)m->limb[i] << shift & used) ^ sign;
        carry += a->limb[i] + (int64_t)(term - sign);
        a->limb[i] = i < LIMBS - 1 ? carry & LIMB_MASK : carry;
        carry >>= STEPS;
    }
}

/* a in (-8m, 8m), negated if sign is below zero, into [0, m). */
static void normalise(wide *a, int64_t sign, const wide *m) {
    int64_t negate = (int64_t)mask_from_bit((uint64_t)sign >> 63);
    int64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (a->limb[i] ^ negate) - negate;
        a->limb[i] = i < LIMBS - 1 ? carry & LIMB_MASK : carry;
        carry >>= STEPS;
    }
    step_towards_zero(a, m, 2, 0);
    step_towards_zero(a, m, 1, 0);
    step_towards_zero(a, m, 0, 0);
    step_towards_zero(a, m, 0, 1);
}

void inverse_modulo(uint64_t r[4], const uint64_t a[4], const inverse_field *field) {
    wide m, f, g, next;
    wide d = {{0}};
    wide e;
    matrix t;
    int64_t eta = -1; /* delta = 1/2 */
    wide_from_limbs(&m, field->modulus);
    wide_from_limbs(&g, a);
    wide_from_limbs(&e, field->factor);
    f = m;
    for (int i = 0; i < BATCHES; i++) {
        division_steps(&t, &eta, (uint64_t)f.limb[0], (uint64_t)g.limb[0]);
        apply_row_modulo(&next, &d, &e, t.u, t.v, &m, field->negative_inverse);
        apply_row_modulo(&e, &d, &e, t.q, t.r, &m, field->negative_inverse);
        d = next;
        apply_row(&next, &f, &g, t.u, t.v);
        apply_row(&g, &f, &g, t.q, t.r);
        f = next;
    }
    /* f is 1 or -1, or m for a = 0, and then d is 0; |d| is at most 1 + 10 / 2 times m. */
    normalise(&d, f.limb[LIMBS - 1], &m);
    wide_to_limbs(r, &d);
    gmpki_cleanse(&f, sizeof f);
    gmpki_cleanse(&g, sizeof g);
    gmpki_cleanse(&d, sizeof d);
    gmpki_cleanse(&e, sizeof e);
    gmpki_cleanse(&t, sizeof t);
    gmpki_cleanse(&next, sizeof next);
    gmpki_cleanse(&eta, sizeof eta);
}
