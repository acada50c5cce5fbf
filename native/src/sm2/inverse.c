/*
 * Inverses by division steps (D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd computation and modular inversion",
 * 2019). A step takes odd f, any g and delta to
 *   delta > 0 and g odd: (1 - delta, g, (g - f) / 2)
 *   else:                (1 + delta, f, (g + (g mod 2) f) / 2).
 * Beginning with f = m, g = a and delta = 1/2, 590 steps are enough for every m and a below 2^256 to come to g = 0 and
 * f = +-gcd(m, a) (P. Wuille, "Bounds on divsteps iterations in safegcd", 2021). Each step is linear in f and g, and
 * depends on delta and the lowest bit of g alone; so 60 steps in a row are found on the lowest limbs as a matrix, t /
 * 2^60, which is then applied to whole numbers: to f and g exactly, to d and e modulo m, where d * a = f * factor and e
 * * a = g * factor throughout.
 */
#include "sm2/inverse.h"

#include "common/ct.h"
#include "gmpki/common.h"

enum { STEPS = 60, BATCHES = 10, LIMBS = 5, PART = 15, U_PLACE = 31, V_PLACE = 48 };

#define LIMB_MASK ((INT64_C(1) << STEPS) - 1)

typedef __int128 int128;

/* limb[i] * 2^(60i), lowest first: all in [0, 2^60) but the highest, which has the sign. */
typedef struct wide {
    int64_t limb[LIMBS];
} wide;

/* f becomes (u f + v g) / 2^60, g becomes (q f + r g) / 2^60, and |u| + |v| and |q| + |r| are at most 2^60. */
typedef struct matrix {
    int64_t u, v, q, r;
} matrix;

static void wide_from_limbs(wide *r, const uint64_t a[4]) {
    r->limb[0] = (int64_t)(a[0] & LIMB_MASK);
    r->limb[1] = (int64_t)((a[0] >> 60 | a[1] << 4) & LIMB_MASK);
    r->limb[2] = (int64_t)((a[1] >> 56 | a[2] << 8) & LIMB_MASK);
    r->limb[3] = (int64_t)((a[2] >> 52 | a[3] << 12) & LIMB_MASK);
    r->limb[4] = (int64_t)(a[3] >> 48);
}

/* For a number in [0, 2^256). */
static void wide_to_limbs(uint64_t r[4], const wide *a) {
    const int64_t *l = a->limb;
    r[0] = (uint64_t)l[0] | (uint64_t)l[1] << 60;
    r[1] = (uint64_t)l[1] >> 4 | (uint64_t)l[2] << 56;
    r[2] = (uint64_t)l[2] >> 8 | (uint64_t)l[3] << 52;
    r[3] = (uint64_t)l[3] >> 12 | (uint64_t)l[4] << 48;
}

/* The entries of a row from its word (see below). */
static inline void unpack_row(int64_t *u, int64_t *v, uint64_t x) {
    int64_t row = (int64_t)(x - (UINT64_C(1) << V_PLACE) + (UINT64_C(1) << (U_PLACE - 1))) >> U_PLACE;
    int64_t half = INT64_C(1) << (V_PLACE - U_PLACE - 1);
    *u = ((row + half) & (2 * half - 1)) - half;
    *v = ((row - *u) >> (V_PLACE - U_PLACE)) + 1;
}

#if defined(__x86_64__) && !defined(GMPKI_MSAN)

/*
 * One step on x, y and z = eta, where bit is bit i of y: what becomes of them for an odd g is made first and taken in
 * the end, so that each waits for three instructions of the step before. z and next take turns.
 */
#define DIVISION_STEP(bit, z, next)                                                                                    \
    "leaq (%[x], %[y]), %[sum]\n\t"                                                                                    \
    "movq %[y], %[difference]\n\t"                                                                                     \
    "subq %[x], %[difference]\n\t"                                                                                     \
    "movq %[x], %[other]\n\t"                                                                                          \
    "movq %[minus2], %[flipped]\n\t"                                                                                   \
    "subq " z ", %[flipped]\n\t"                                                                                       \
    "leaq -1(" z "), " next "\n\t"                                                                                     \
    "testq " z ", " z "\n\t"                                                                                           \
    "cmovsq %[difference], %[sum]\n\t"                                                                                 \
    "cmovsq %[y], %[other]\n\t"                                                                                        \
    "cmovnsq " next ", %[flipped]\n\t"                                                                                 \
    "testl $" bit ", %k[y]\n\t"                                                                                        \
    "cmovnzq %[sum], %[y]\n\t"                                                                                         \
    "cmovnzq %[other], %[x]\n\t"                                                                                       \
    "cmovnzq %[flipped], " next "\n\t"                                                                                 \
    "addq %[x], %[x]\n\t"
#define DIVISION_STEPS(bit, twice) DIVISION_STEP(bit, "%[z]", "%[next]") DIVISION_STEP(twice, "%[next]", "%[z]")

/* The steps of a part, by conditional moves, which compilers do not promise. */
static inline void run_part(uint64_t *x, uint64_t *y, uint64_t *z) {
    uint64_t sum, difference, other, flipped, next;
    uint64_t minus2 = ~(uint64_t)1;
    __asm__(DIVISION_STEPS("0x1", "0x2") DIVISION_STEPS("0x4", "0x8") DIVISION_STEPS("0x10", "0x20")
                DIVISION_STEPS("0x40", "0x80") DIVISION_STEPS("0x100", "0x200") DIVISION_STEPS("0x400", "0x800")
                    DIVISION_STEPS("0x1000", "0x2000") DIVISION_STEP("0x4000", "%[z]", "%[next]")
            : [x] "+&r"(*x), [y] "+&r"(*y), [z] "+&r"(*z), [sum] "=&r"(sum), [difference] "=&r"(difference),
              [other] "=&r"(other), [flipped] "=&r"(flipped), [next] "=&r"(next)
            : [minus2] "r"(minus2)
            : "cc");
    *z = next;
}

#else

static inline void run_part(uint64_t *x, uint64_t *y, uint64_t *z) {
    for (int i = 0; i < PART; i++) {
        uint64_t positive = mask_from_bit(*z >> 63);
        uint64_t odd = mask_from_bit(*y >> i & 1);
        uint64_t swap = positive & odd;
        uint64_t other = select_u64(swap, *y, *x);
        *y += ((*x ^ positive) - positive) & odd; /* minus x for delta > 0 */
        *x = other << 1;
        *z = (*z ^ swap) - 1;
    }
}

#endif

/*
 * 15 steps on the lowest bits of f and g, 15 of which they depend on. *eta is -(delta + 1/2), below zero exactly when
 * delta > 0. A row of the matrix and what it makes of f and g are in one word, so that each operation is done to all
 * three at once: x = w + u 2^31 + v 2^48 with w = u f + v g, and y = w' + q 2^31 + r 2^48. Nothing is halved: before
 * step i, w and w' are 2^i times the f and g of the steps, so that bit i of y is the lowest bit of g, and what a step
 * would halve in g it doubles in f.
 *
 * f and g are in [0, 2^15) and |u| + |v| <= 2^15, hence |w| < 2^30. v is never -2^15: |v| = 2^15 leaves u = 0, and such
 * a row has only been doubled from the first y, in which v = 1; for a sum of two rows with u = 0 the determinant, which
 * is a power of 2, would be 0. So v - 1 fits into its 16 bits.
 */
static inline void steps_of_part(matrix *t, uint64_t *eta, uint64_t f, uint64_t g) {
    uint64_t low = (UINT64_C(1) << PART) - 1;
    uint64_t x = (f & low) + (UINT64_C(1) << U_PLACE);
    uint64_t y = (g & low) + (UINT64_C(1) << V_PLACE);
    uint64_t z = *eta;
    run_part(&x, &y, &z);
    *eta = z;
    unpack_row(&t->u, &t->v, x);
    unpack_row(&t->q, &t->r, y);
}

/* 60 steps, as the product of the matrices of four parts. */
static inline void division_steps(matrix *t, uint64_t *eta, uint64_t f, uint64_t g) {
    matrix s;
    steps_of_part(t, eta, f, g);
    s = *t;
    for (int i = 1; i < STEPS / PART; i++) {
        uint64_t next = ((uint64_t)s.u * f + (uint64_t)s.v * g) >> PART;
        g = ((uint64_t)s.q * f + (uint64_t)s.r * g) >> PART;
        f = next;
        steps_of_part(&s, eta, f, g);
        matrix product = {s.u * t->u + s.v * t->q, s.u * t->v + s.v * t->r, s.q * t->u + s.r * t->q,
                          s.q * t->v + s.r * t->r};
        *t = product;
    }
}

/* r = (u a + v b) / 2^60, which is exact. r may be a or b: a limb is read before the one below it is written. */
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
 * The same modulo m: a multiple of m between -m 2^59 and m 2^59 makes the sum divisible by 2^60. If a and b lie in
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
    uint64_t eta = ~(uint64_t)0; /* -1, for delta = 1/2 */
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
