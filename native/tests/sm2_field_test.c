/*
 * Field and scalar arithmetic against a second implementation that is slow and plain: schoolbook products, reduction
 * bit by bit.
 */
#include "sm2_support.h"

typedef struct wide {
    uint64_t limb[8];
} wide;

static const uint64_t p_limbs[4] = FP_MODULUS_LIMBS;
static const uint64_t n_limbs[4] = FN_MODULUS_LIMBS;

static int is_below(const uint64_t a[4], const uint64_t b[4]) {
    for (int i = 3; i >= 0; i--) {
        if (a[i] != b[i]) {
            return a[i] < b[i];
        }
    }
    return 0;
}

/* r = a - b modulo 2^256 */
static void plain_subtract(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t d = a[i] - b[i] - borrow;
        borrow = a[i] < b[i] || (a[i] == b[i] && borrow);
        r[i] = d;
    }
}

/* t mod m for t < m * 2^256: from the high half down, double, take in the next bit, subtract m when that goes. */
static void plain_reduce(uint64_t r[4], const wide *t, const uint64_t m[4]) {
    memcpy(r, t->limb + 4, 32);
    for (int bit = 255; bit >= 0; bit--) {
        uint64_t carry = r[3] >> 63;
        for (int i = 3; i > 0; i--) {
            r[i] = r[i] << 1 | r[i - 1] >> 63;
        }
        r[0] = r[0] << 1 | (t->limb[bit / 64] >> (bit % 64) & 1);
        if (carry || !is_below(r, m)) {
            plain_subtract(r, r, m);
        }
    }
}

static wide plain_multiply(const uint64_t a[4], const uint64_t b[4]) {
    wide t = {{0}};
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            unsigned __int128 v = (unsigned __int128)a[i] * b[j] + t.limb[i + j] + carry;
            t.limb[i + j] = (uint64_t)v;
            carry = (uint64_t)(v >> 64);
        }
        t.limb[i + 4] = carry;
    }
    return t;
}

static wide plain_add(const uint64_t a[4], const uint64_t b[4]) {
    wide t = {{0}};
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        unsigned __int128 v = (unsigned __int128)a[i] + b[i] + carry;
        t.limb[i] = (uint64_t)v;
        carry = (uint64_t)(v >> 64);
    }
    t.limb[4] = carry;
    return t;
}

/* a + (m - b), which is a - b modulo m */
static wide plain_add_negative(const uint64_t a[4], const uint64_t b[4], const uint64_t m[4]) {
    uint64_t negative[4];
    plain_subtract(negative, m, b);
    return plain_add(a, negative);
}

/* Whether r, in [0, m), equals t modulo m. */
static int same(const uint64_t r[4], const wide *t, const uint64_t m[4]) {
    uint64_t expected[4];
    plain_reduce(expected, t, m);
    return is_below(r, m) && memcmp(r, expected, 32) == 0;
}

/* Whether r * 2^256 equals t modulo p: what a Montgomery product must satisfy. */
static int same_in_montgomery_form(const fp *r, const wide *t) {
    wide shifted = {{0, 0, 0, 0, r->limb[0], r->limb[1], r->limb[2], r->limb[3]}};
    uint64_t expected[4];
    uint64_t got[4];
    plain_reduce(expected, t, p_limbs);
    plain_reduce(got, &shifted, p_limbs);
    return is_below(r->limb, p_limbs) && memcmp(got, expected, 32) == 0;
}

/* Limbs that make carries run: 0, 1, all ones, powers of two and their neighbours, the limbs of the moduli; or random.
 */
static uint64_t edge_limb(void) {
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     0xffffffffffffffff,
                                     0xfffffffffffffffe,
                                     0x8000000000000000,
                                     0xffffffff,
                                     0x100000000,
                                     0xfffffffe,
                                     0xffffffff00000000,
                                     0xfffffffeffffffff,
                                     0xffffffff00000001,
                                     0x53bbf40939d54123,
                                     0x7203df6b21c6052b,
                                     0x7fffffffffffffff};
    uint64_t choice = next_random();
    size_t count = sizeof edges / sizeof edges[0];
    return choice % 4 == 0 ? next_random() : edges[choice / 4 % count];
}

/* A number below m: random, edge limbs, or m - 1 - small. */
static void number_below(uint64_t r[4], const uint64_t m[4]) {
    do {
        switch (next_random() % 4) {
        case 0:
            for (int i = 0; i < 4; i++) {
                r[i] = next_random();
            }
            break;
        case 1: {
            const uint64_t small[4] = {1 + next_random() % 3, 0, 0, 0};
            plain_subtract(r, m, small);
            break;
        }
        default:
            for (int i = 0; i < 4; i++) {
                r[i] = edge_limb();
            }
        }
    } while (!is_below(r, m));
}

static void test_field(unsigned long rounds) {
    unsigned long wrong = 0;
    for (unsigned long i = 0; i < rounds; i++) {
        fp a, b, r;
        wide t;
        number_below(a.limb, p_limbs);
        number_below(b.limb, p_limbs);

        fp_mul(&r, &a, &b);
        t = plain_multiply(a.limb, b.limb);
        wrong += !same_in_montgomery_form(&r, &t);
        if (i % 10 != 0) {
            continue;
        }
        fp_sqr(&r, &a);
        t = plain_multiply(a.limb, a.limb);
        wrong += !same_in_montgomery_form(&r, &t);
        fp_add(&r, &a, &b);
        t = plain_add(a.limb, b.limb);
        wrong += !same(r.limb, &t, p_limbs);
        fp_sub(&r, &a, &b);
        t = plain_add_negative(a.limb, b.limb, p_limbs);
        wrong += !same(r.limb, &t, p_limbs);
        fp_neg(&r, &a);
        t = plain_add(r.limb, a.limb);
        wrong += !is_below(r.limb, p_limbs) || !(same((const uint64_t[4]){0}, &t, p_limbs));
        fp_double(&r, &a);
        t = plain_add(a.limb, a.limb);
        wrong += !same(r.limb, &t, p_limbs);
        fp_half(&r, &a);
        t = plain_add(r.limb, r.limb);
        wrong += !is_below(r.limb, p_limbs) || !same(a.limb, &t, p_limbs);
    }
    CHECK(wrong == 0);
}

static void test_field_aliasing(void) {
    fp a, b, r, s;
    number_below(a.limb, p_limbs);
    number_below(b.limb, p_limbs);
    fp_mul(&r, &a, &b);
    s = a;
    fp_mul(&s, &s, &b);
    CHECK(fp_equal(&r, &s));
    s = b;
    fp_mul(&s, &a, &s);
    CHECK(fp_equal(&r, &s));
    fp_sqr(&r, &a);
    s = a;
    fp_mul(&s, &s, &s);
    CHECK(fp_equal(&r, &s));
    fp_inverse(&r, &a);
    s = a;
    fp_inverse(&s, &s);
    CHECK(fp_equal(&r, &s));
}

static void test_field_inverse_and_root(void) {
    unsigned long squares = 0;
    for (int i = 0; i < 2000; i++) {
        fp a, r, s;
        number_below(a.limb, p_limbs);
        fp_inverse(&r, &a);
        fp_mul(&s, &r, &a);
        CHECK(fp_is_zero(&a) ? fp_is_zero(&r) != 0 : fp_equal(&s, &fp_one) != 0);

        /* -1 is no square, as p = 3 mod 4: exactly one of a and -a has a root. */
        uint64_t first = fp_sqrt(&r, &a);
        fp_sqr(&s, &r);
        CHECK(first == fp_equal(&s, &a));
        squares += first != 0;
        fp_neg(&s, &a);
        uint64_t second = fp_sqrt(&r, &s);
        CHECK(fp_is_zero(&a) ? (first & second) != 0 : (first ^ second) != 0);
    }
    CHECK(squares > 200 && squares < 1800);
}

static void test_field_bytes(void) {
    uint8_t bytes[32];
    uint8_t again[32];
    fp a;
    for (int step = -300; step < 300; step++) {
        hex_plus(bytes, PRIME, step);
        CHECK((fp_from_bytes(&a, bytes) != 0) == (step < 0));
        fp_to_bytes(again, &a);
        if (step >= 0) {
            CHECK(all_zero(again, 30) && again[30] * 256 + again[31] == step);
        } else {
            CHECK(memcmp(bytes, again, 32) == 0);
        }
    }
    memset(bytes, 0xff, sizeof bytes);
    CHECK(!fp_from_bytes(&a, bytes));
    for (int i = 0; i < 1000; i++) {
        uint64_t plain[4];
        uint64_t back[4];
        number_below(plain, p_limbs);
        CHECK(fp_from_limbs(&a, plain) != 0);
        fp_to_limbs(back, &a);
        CHECK(memcmp(plain, back, sizeof plain) == 0);
    }
}

static void test_field_move(void) {
    fp a, b, r;
    number_below(a.limb, p_limbs);
    number_below(b.limb, p_limbs);
    r = a;
    fp_move_if(&r, &b, 0);
    CHECK(fp_equal(&r, &a));
    fp_move_if(&r, &b, ~(uint64_t)0);
    CHECK(fp_equal(&r, &b));
}

static void test_scalars(unsigned long rounds) {
    unsigned long wrong = 0;
    for (unsigned long i = 0; i < rounds; i++) {
        fn a, b, r;
        wide t;
        number_below(a.limb, n_limbs);
        number_below(b.limb, n_limbs);
        fn_mul(&r, &a, &b);
        t = plain_multiply(a.limb, b.limb);
        wrong += !same(r.limb, &t, n_limbs);
        fn_add(&r, &a, &b);
        t = plain_add(a.limb, b.limb);
        wrong += !same(r.limb, &t, n_limbs);
        fn_sub(&r, &a, &b);
        t = plain_add_negative(a.limb, b.limb, n_limbs);
        wrong += !same(r.limb, &t, n_limbs);
        fn_neg(&r, &a);
        t = plain_add(r.limb, a.limb);
        wrong += !is_below(r.limb, n_limbs) || !(same((const uint64_t[4]){0}, &t, n_limbs));
        /* a > (n - 1) / 2 exactly when a > n - a */
        wrong += (fn_is_above_half(&a) != 0) != is_below(r.limb, a.limb) && !fn_is_zero(&a);
    }
    CHECK(wrong == 0);
    for (int i = 0; i < 500; i++) {
        fn a, r;
        number_below(a.limb, n_limbs);
        fn_inverse(&r, &a);
        CHECK(!fn_is_zero(&r) || fn_is_zero(&a));
        fn_mul(&r, &r, &a);
        CHECK(fn_is_zero(&a) ? fn_is_zero(&r) != 0 : fn_equal(&r, &fn_one) != 0);
    }
}

static void test_scalar_bytes(void) {
    uint8_t bytes[32];
    uint8_t again[32];
    fn a;
    for (int step = -300; step < 300; step++) {
        hex_plus(bytes, ORDER, step);
        CHECK((fn_from_bytes(&a, bytes) != 0) == (step < 0));
        CHECK((fn_from_key_bytes(&a, bytes) != 0) == (step < -1));
        fn_reduce_bytes(&a, bytes);
        fn_to_bytes(again, &a);
        if (step >= 0) {
            CHECK(all_zero(again, 30) && again[30] * 256 + again[31] == step);
        } else {
            CHECK(memcmp(bytes, again, 32) == 0);
        }
    }
    memset(bytes, 0, sizeof bytes);
    CHECK(!fn_from_key_bytes(&a, bytes));
    bytes[31] = 1;
    CHECK(fn_from_key_bytes(&a, bytes) != 0);
}

/* 48 bytes modulo n - 1, plus 1, with patterns that reach the bounds of every folding round. */
static void test_wide_bytes(void) {
    uint64_t m[4];
    const uint64_t one[4] = {1, 0, 0, 0};
    plain_subtract(m, n_limbs, one);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[FN_WIDE_LEN];
        wide t = {{0}};
        uint64_t expected[4];
        fn r;
        for (int j = 0; j < 6; j++) {
            t.limb[j] = i == 0 ? ~(uint64_t)0 : i == 1 ? 0 : i == 2 && j < 4 ? m[j] : i == 2 ? 0 : edge_limb();
            for (int k = 0; k < 8; k++) {
                bytes[47 - 8 * j - k] = (uint8_t)(t.limb[j] >> (8 * k));
            }
        }
        fn_from_wide_bytes(&r, bytes);
        plain_reduce(expected, &t, m);
        expected[0] += 1;
        for (int j = 1; j < 4 && expected[j - 1] == 0; j++) {
            expected[j] += 1;
        }
        CHECK(memcmp(r.limb, expected, 32) == 0);
        CHECK(!fn_is_zero(&r) && is_below(r.limb, n_limbs));
    }
}

int main(void) {
    test_field(repetitions(1000000));
    test_field_aliasing();
    test_field_inverse_and_root();
    test_field_bytes();
    test_field_move();
    test_scalars(repetitions(100000));
    test_scalar_bytes();
    test_wide_bytes();
    return finish();
}
