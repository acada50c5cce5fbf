/*
 * Scalar multiplication against double-and-add on affine points by the group law itself (GB/T 32918.1-2016 3.2.3.1),
 * and against itself where that is slow.
 */
#include "sm2_support.h"

/* The group law: an affine point and whether it is infinity. */
typedef struct plain_point {
    affine a;
    int infinity;
} plain_point;

static const plain_point plain_infinity = {.infinity = 1};

static int plain_equal(const plain_point *p, const plain_point *q) {
    return p->infinity == q->infinity && (p->infinity || (fp_equal(&p->a.x, &q->a.x) && fp_equal(&p->a.y, &q->a.y)));
}

static plain_point plain_add(const plain_point *p, const plain_point *q) {
    fp slope, divisor;
    plain_point r = plain_infinity;
    if (p->infinity) {
        return *q;
    }
    if (q->infinity) {
        return *p;
    }
    if (fp_equal(&p->a.x, &q->a.x)) {
        if (!fp_equal(&p->a.y, &q->a.y)) {
            return r;
        }
        fp three, x2;
        fp_double(&three, &fp_one);
        fp_add(&three, &three, &fp_one);
        fp_sqr(&x2, &p->a.x);
        fp_mul(&slope, &x2, &three);
        fp_sub(&slope, &slope, &three); /* 3x^2 + a, a = -3 */
        fp_double(&divisor, &p->a.y);
    } else {
        fp_sub(&slope, &q->a.y, &p->a.y);
        fp_sub(&divisor, &q->a.x, &p->a.x);
    }
    fp_inverse(&divisor, &divisor);
    fp_mul(&slope, &slope, &divisor);
    r.infinity = 0;
    fp_sqr(&r.a.x, &slope);
    fp_sub(&r.a.x, &r.a.x, &p->a.x);
    fp_sub(&r.a.x, &r.a.x, &q->a.x);
    fp_sub(&r.a.y, &p->a.x, &r.a.x);
    fp_mul(&r.a.y, &r.a.y, &slope);
    fp_sub(&r.a.y, &r.a.y, &p->a.y);
    return r;
}

static plain_point plain_negative(const plain_point *p) {
    plain_point r = *p;
    fp_neg(&r.a.y, &r.a.y);
    return r;
}

static plain_point plain_multiply(const fn *k, const plain_point *p) {
    plain_point r = plain_infinity;
    for (int bit = 255; bit >= 0; bit--) {
        r = plain_add(&r, &r);
        if (k->limb[bit / 64] >> (bit % 64) & 1) {
            r = plain_add(&r, p);
        }
    }
    return r;
}

static plain_point to_plain(const point *p) {
    plain_point r;
    r.infinity = !sm2_current()->to_affine(&r.a, p);
    return r;
}

static plain_point base(void) {
    plain_point r = {.infinity = 0};
    r.a = point_base;
    return r;
}

/* s * G + t * p, and the same by the comb of p. */
static plain_point double_multiply(const fn *s, const fn *t, const affine *p) {
    static affine comb[COMB_ROWS][COMB_ENTRIES];
    static affine comb_point;
    static const sm2_backend *comb_backend;
    point r;
    if (comb_backend != sm2_current() || !fp_equal(&comb_point.x, &p->x) || !fp_equal(&comb_point.y, &p->y)) {
        sm2_current()->make_comb_vartime(comb, p);
        comb_point = *p;
        comb_backend = sm2_current();
    }
    sm2_current()->multiply_double_vartime(&r, s, t, p);
    plain_point got = to_plain(&r);
    sm2_current()->multiply_comb_vartime(&r, s, t, (const affine(*)[COMB_ENTRIES])comb);
    plain_point by_comb = to_plain(&r);
    CHECK(plain_equal(&got, &by_comb));
    return got;
}

/* k * p by both multiplications for secret scalars, s * G + t * p with t = k, all against the expected points. */
static void check_scalar(const fn *k, const plain_point *p, const plain_point *times_base, const plain_point *times_p) {
    point r;
    plain_point got;
    fn s;
    const fn zero = {{0}};

    sm2_current()->multiply_base(&r, k);
    got = to_plain(&r);
    CHECK(plain_equal(&got, times_base));
    sm2_current()->multiply_point(&r, k, &p->a);
    got = to_plain(&r);
    CHECK(plain_equal(&got, times_p));
    got = double_multiply(k, &zero, &p->a);
    CHECK(plain_equal(&got, times_base));
    got = double_multiply(k, k, &p->a);
    plain_point sum = plain_add(times_base, times_p);
    CHECK(plain_equal(&got, &sum));
    fn_neg(&s, k);
    got = double_multiply(&s, k, &p->a);
    plain_point minus = plain_negative(times_base);
    sum = plain_add(&minus, times_p);
    CHECK(plain_equal(&got, &sum));
}

static plain_point other_point(void) {
    fn k = random_scalar();
    plain_point g = base();
    return plain_multiply(&k, &g);
}

/* A sparse run takes the scalars to 300, then one in seven and those about multiples of 64, where windows end. */
static int is_tested(uint64_t k) {
    return !SPARSE || k <= 300 || k % 7 == 0 || (k + 2) % 64 <= 4;
}

/* 0 .. 2^12 and their negatives, on G and on another point: the expected points by adding up. */
static void test_small_and_near_order(void) {
    plain_point g = base();
    plain_point p = other_point();
    plain_point times_base = plain_infinity;
    plain_point times_p = plain_infinity;
    for (uint64_t k = 0; k <= 4096; k++) {
        if (is_tested(k)) {
            fn scalar = small_scalar(k);
            check_scalar(&scalar, &p, &times_base, &times_p);
            fn_neg(&scalar, &scalar);
            plain_point minus_base = plain_negative(&times_base);
            plain_point minus_p = plain_negative(&times_p);
            check_scalar(&scalar, &p, &minus_base, &minus_p);
        }
        times_base = plain_add(&times_base, &g);
        times_p = plain_add(&times_p, &p);
    }
}

static void check_against_double_and_add(const fn *k, const plain_point *p) {
    plain_point g = base();
    plain_point times_base = plain_multiply(k, &g);
    plain_point times_p = plain_multiply(k, p);
    check_scalar(k, p, &times_base, &times_p);
}

/* A scalar with the bits from .. from + count - 1 set, or (inverse) all others of 255. */
static fn run_of_ones(int from, int count, int inverse) {
    fn k = {{0}};
    for (int bit = 0; bit < 255; bit++) {
        int inside = bit >= from && bit < from + count;
        k.limb[bit / 64] |= (uint64_t)(inside != inverse) << (bit % 64);
    }
    return k;
}

static void test_runs(void) {
    plain_point p = other_point();
    static const int lengths[] = {1, 4, 5, 6, 31, 64, 127, 128, 200};
    for (int from = 0; from < 255; from += 15) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            fn k = run_of_ones(from, lengths[i], (int)(i & 1));
            check_against_double_and_add(&k, &p);
        }
    }
    /* Each nibble zero in turn, in a scalar of one repeated nibble. */
    for (unsigned nibble = 1; nibble < 16; nibble += 7) {
        for (int zero = 0; zero < 64; zero += 3) {
            fn k = {{0}};
            for (int i = 0; i < 63; i++) {
                k.limb[i / 16] |= i == zero ? 0 : (uint64_t)nibble << (4 * (i % 16));
            }
            check_against_double_and_add(&k, &p);
        }
    }
    for (int i = 0; i < 50; i++) {
        fn k = random_scalar();
        check_against_double_and_add(&k, &p);
    }
}

/* s * G + t * P where P is a multiple of G that makes equal and opposite points meet on the way. */
static void test_related_points(void) {
    plain_point g = base();
    plain_point p = g;
    for (int i = 1; i <= 40; i++, p = plain_add(&p, &g)) {
        for (int sign = 0; sign < 2; sign++) {
            plain_point q = sign ? plain_negative(&p) : p;
            fn s = random_scalar();
            fn t = random_scalar();
            if (i % 3 == 0) { /* sG = tP: s = t * i, and with the sign the sum is infinity */
                fn factor = small_scalar((uint64_t)i);
                fn_mul(&s, &t, &factor);
            }
            plain_point left = plain_multiply(&s, &g);
            plain_point right = plain_multiply(&t, &q);
            plain_point expected = plain_add(&left, &right);
            plain_point got = double_multiply(&s, &t, &q.a);
            CHECK(plain_equal(&got, &expected));
            CHECK(!(i % 3 == 0 && sign) || got.infinity);
        }
    }
}

/* Every pair of 0, P, -P, 2P, Q in Jacobian form with various z. */
static void test_additions(void) {
    plain_point points[5];
    points[0] = plain_infinity;
    points[1] = other_point();
    points[2] = plain_negative(&points[1]);
    points[3] = plain_add(&points[1], &points[1]);
    points[4] = other_point();
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            point a, b, r;
            fp scale = fp_one;
            memset(&a, 0, sizeof a);
            memset(&b, 0, sizeof b);
            if (!points[i].infinity) {
                point_from_affine(&a, &points[i].a);
                /* The same point with another z: (x z^2, y z^3, z). */
                fp_add(&scale, &points[4].a.x, &fp_one);
                a.z = scale;
                fp_mul(&a.y, &a.y, &scale);
                fp_sqr(&scale, &scale);
                fp_mul(&a.x, &a.x, &scale);
                fp_mul(&a.y, &a.y, &scale);
            }
            if (!points[j].infinity) {
                point_from_affine(&b, &points[j].a);
            }
            plain_point expected = plain_add(&points[i], &points[j]);
            point_add_vartime(&r, &a, &b);
            plain_point got = to_plain(&r);
            CHECK(plain_equal(&got, &expected));
            if (j != 0) {
                point_add_affine_vartime(&r, &a, &points[j].a);
                got = to_plain(&r);
                CHECK(plain_equal(&got, &expected));
            }
            point_double(&r, &a);
            got = to_plain(&r);
            expected = plain_add(&points[i], &points[i]);
            CHECK(plain_equal(&got, &expected));
        }
    }
}

/* j * 2^(7i) for every i and j: each entry of the fixed-base table is found, or its opposite where the scalar is even.
 */
static void test_every_entry(void) {
    fn power = fn_one;
    for (int i = 0; i < BASE_ROWS; i++) {
        fn k = small_scalar(0);
        for (int j = 0; j < BASE_ENTRIES && (i < BASE_ROWS - 1 || j < 15); j++) { /* 16 * 2^252 is above n */
            point r;
            affine a;
            fn_add(&k, &k, &power);
            sm2_current()->multiply_base(&r, &k);
            CHECK(sm2_current()->to_affine(&a, &r) != 0);
            CHECK(fp_equal(&a.x, &sm2_base_table[i][j].x) && fp_equal(&a.y, &sm2_base_table[i][j].y));
        }
        for (int bit = 0; bit < BASE_WINDOW; bit++) {
            fn_add(&power, &power, &power);
        }
    }
}

/* Two points by one inversion. */
static void test_pairs(void) {
    for (int i = 0; i < 4; i++) {
        point a[2];
        affine together[2], alone;
        fn k[2] = {random_scalar(), random_scalar()};
        for (int j = 0; j < 2; j++) {
            if (i >> j & 1) {
                k[j] = small_scalar(0);
            }
            sm2_current()->multiply_base(&a[j], &k[j]);
        }
        uint64_t finite = sm2_current()->to_affine_pair(together, a);
        CHECK(finite == (i == 0 ? ~(uint64_t)0 : 0));
        for (int j = 0; j < 2; j++) {
            if (!(i >> j & 1)) {
                CHECK(sm2_current()->to_affine(&alone, &a[j]) == ~(uint64_t)0);
                CHECK(fp_equal(&alone.x, &together[j].x) && fp_equal(&alone.y, &together[j].y));
            }
        }
    }
}

/* The same through the door that other languages use, with its refusals. */
static void test_api(void) {
    uint8_t k[32], product[64], again[64], g[64], sum[64];
    const uint8_t zero[32] = {0};
    sm2_point_encode(g, &point_base);
    fn scalar = random_scalar();
    fn_to_bytes(k, &scalar);
    CHECK(gmpki_test_sm2_point_mul(product, k, NULL) == GMPKI_OK);
    CHECK(gmpki_test_sm2_point_mul(again, k, g) == GMPKI_OK && memcmp(product, again, 64) == 0);
    CHECK(gmpki_test_sm2_point_mul_double(sum, zero, k, g) == GMPKI_OK && memcmp(product, sum, 64) == 0);
    CHECK(gmpki_test_sm2_point_mul(product, zero, NULL) == GMPKI_OK && all_zero(product, 64));
    CHECK(gmpki_test_sm2_point_mul(product, zero, g) == GMPKI_OK && all_zero(product, 64));
    unhex(k, ORDER);
    CHECK(gmpki_test_sm2_point_mul(product, k, NULL) == GMPKI_ERR_SCALAR);
    g[63] ^= 1;
    CHECK(gmpki_test_sm2_point_mul(product, zero, g) == GMPKI_ERR_POINT);
}

int main(void) {
    CHECK(gmpki_selftest_run(GMPKI_SM2) == GMPKI_OK);
    test_additions();
    const char *name;
    int available;
    for (size_t i = 0; gmpki_backend_get(&name, &available, GMPKI_SM2, i) == GMPKI_OK && name != NULL; i++) {
        if (!available) {
            continue;
        }
        CHECK(gmpki_backend_force(GMPKI_SM2, name) == GMPKI_OK);
        test_small_and_near_order();
        test_runs();
        test_related_points();
        test_every_entry();
        test_pairs();
        test_api();
    }
    return finish();
}
