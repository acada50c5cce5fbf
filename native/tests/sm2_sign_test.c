/* Signing and verifying: the standard's example, every range, retries, faults, malleability, unusual keys. */
#include "sm2_support.h"

/* Verification with the key, and with its table, which must say the same. */
static int verify_digest(const gmpki_sm2_public_key *key, const uint8_t signature[64], const uint8_t e[32]) {
    static gmpki_sm2_verify_table table;
    static gmpki_sm2_public_key table_key;
    if (memcmp(&table_key, key, sizeof table_key) != 0) {
        CHECK(gmpki_sm2_verify_table_make(&table, key) == GMPKI_OK);
        table_key = *key;
    }
    int status = gmpki_sm2_verify_digest(key, signature, e);
    CHECK(gmpki_sm2_verify_digest_with_table(&table, signature, e) == status);
    return status;
}

#define ANNEX_SIGNATURE                                                                                                \
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"                                                 \
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

static const uint8_t annex_message[14] = "message digest";

/* GB/T 32918.5-2017 annex A: ZA, e, r, s. */
static void test_annex(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t za[32], e[32], k[32], signature[64], xy[64];
    gmpki_sm3_ctx ctx;
    CHECK(gmpki_sm2_public_key_store(&public_key, xy, sizeof xy) == GMPKI_OK);
    CHECK(equals_hex(xy, 64,
                     "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                     "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"));
    CHECK(gmpki_sm2_za(za, &public_key, DEFAULT_ID) == GMPKI_OK);
    CHECK(equals_hex(za, 32, "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"));
    CHECK(gmpki_sm2_digest_init(&ctx, &public_key, DEFAULT_ID) == GMPKI_OK);
    CHECK(gmpki_sm3_update(&ctx, annex_message, sizeof annex_message) == GMPKI_OK);
    CHECK(gmpki_sm3_final(&ctx, e) == GMPKI_OK && equals_hex(e, 32, ANNEX_E));
    unhex(k, ANNEX_NONCE);
    CHECK(gmpki_test_sm2_sign_digest_nonce(&key, signature, e, k) == GMPKI_OK);
    CHECK(equals_hex(signature, 64, ANNEX_SIGNATURE));
    CHECK(verify_digest(&public_key, signature, e) == GMPKI_OK);
    CHECK(gmpki_sm2_verify(&public_key, signature, DEFAULT_ID, annex_message, sizeof annex_message) == GMPKI_OK);
    CHECK(gmpki_sm2_verify(&public_key, signature, NULL, 0, annex_message, sizeof annex_message) ==
          GMPKI_ERR_SIGNATURE);
}

/* ZA of an empty and of the longest user id; one byte more is refused. Values from the definition, by another program.
 */
static void test_user_id(void) {
    static uint8_t id[GMPKI_SM2_MAX_USER_ID_LEN + 1];
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t za[32], signature[64];
    gmpki_sm3_ctx ctx;
    memset(id, 'a', sizeof id);
    CHECK(gmpki_sm2_za(za, &public_key, NULL, 0) == GMPKI_OK);
    CHECK(equals_hex(za, 32, "f2a1724ed3d6767e22fcd19bfb33cd8af34f59ad7fdc8747cce6acacd414f1f9"));
    CHECK(gmpki_sm2_za(za, &public_key, id, GMPKI_SM2_MAX_USER_ID_LEN) == GMPKI_OK);
    CHECK(equals_hex(za, 32, "5ef5d64c422bebdf26d158c3cd8945c81e8fa5b88a7797526c8a72b4a128412b"));
    CHECK(gmpki_sm2_za(za, &public_key, id, sizeof id) == GMPKI_ERR_LENGTH && all_zero(za, 32));
    CHECK(gmpki_sm2_digest_init(&ctx, &public_key, id, sizeof id) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm2_sign(&key, signature, id, sizeof id, NULL, 0, 0) == GMPKI_ERR_LENGTH && all_zero(signature, 64));
    CHECK(gmpki_sm2_verify(&public_key, signature, id, sizeof id, NULL, 0) == GMPKI_ERR_LENGTH);
}

/* Every flag, messages of many lengths, empty id and message; a flipped bit anywhere is refused. */
static void test_round_trips(void) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t message[200], e[32], signature[64];
    CHECK(gmpki_sm2_generate(&key) == GMPKI_OK);
    public_key = public_of(&key);
    random_bytes(message, sizeof message);
    for (unsigned flags = 0; flags < 4; flags++) {
        for (size_t len = 0; len <= sizeof message; len += 40) {
            CHECK(gmpki_sm2_sign(&key, signature, message, len / 2, message, len, flags) == GMPKI_OK);
            CHECK(gmpki_sm2_verify(&public_key, signature, message, len / 2, message, len) == GMPKI_OK);
            CHECK(gmpki_sm2_verify(&public_key, signature, message, len / 2 + 1, message, len) == GMPKI_ERR_SIGNATURE);
        }
    }
    random_bytes(e, sizeof e);
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 0) == GMPKI_OK);
    CHECK(verify_digest(&public_key, signature, e) == GMPKI_OK);
    for (int bit = 0; bit < 512; bit += 3) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(verify_digest(&public_key, signature, e) == GMPKI_ERR_SIGNATURE);
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (int bit = 0; bit < 256; bit += 3) {
        e[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(verify_digest(&public_key, signature, e) == GMPKI_ERR_SIGNATURE);
        e[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 4) == GMPKI_ERR_ARGUMENT && all_zero(signature, 64));
}

/* x1 mod n of k * G. */
static fn x_of(const fn *k) {
    point product;
    affine a;
    uint8_t x[32];
    fn r;
    sm2_current()->multiply_base(&product, k);
    CHECK(point_to_affine(&a, &product) != 0);
    fp_to_bytes(x, &a.x);
    fn_reduce_bytes(&r, x);
    return r;
}

static int sign_forced(const fn *d, const fn *e, const fn *k, uint8_t signature[64]) {
    gmpki_sm2_private_key key;
    uint8_t d_bytes[32], e_bytes[32], k_bytes[32];
    fn_to_bytes(d_bytes, d);
    fn_to_bytes(e_bytes, e);
    fn_to_bytes(k_bytes, k);
    CHECK(gmpki_sm2_private_key_load(&key, d_bytes) == GMPKI_OK);
    return gmpki_test_sm2_sign_digest_nonce(&key, signature, e_bytes, k_bytes);
}

/* The three cases in which clause 6.1 asks for another nonce, each brought about by the choice of e or d. */
static void test_retries(void) {
    for (int i = 0; i < 20; i++) {
        fn d = random_scalar();
        fn k = random_scalar();
        fn x = x_of(&k);
        fn e, r, inverse;
        uint8_t signature[64];

        fn_neg(&e, &x); /* r = e + x1 = 0 */
        CHECK(sign_forced(&d, &e, &k, signature) == GMPKI_TEST_NEXT_NONCE && all_zero(signature, 64));
        fn_add(&e, &e, &fn_one);
        CHECK(sign_forced(&d, &e, &k, signature) == GMPKI_OK);

        fn_neg(&r, &k); /* r + k = n */
        fn_sub(&e, &r, &x);
        CHECK(sign_forced(&d, &e, &k, signature) == GMPKI_TEST_NEXT_NONCE && all_zero(signature, 64));
        fn_add(&e, &e, &fn_one);
        CHECK(sign_forced(&d, &e, &k, signature) == GMPKI_OK);

        e = random_scalar(); /* s = 0 for k = r d */
        fn_add(&r, &e, &x);
        fn_inverse(&inverse, &r);
        fn_mul(&d, &k, &inverse);
        CHECK(sign_forced(&d, &e, &k, signature) == GMPKI_TEST_NEXT_NONCE && all_zero(signature, 64));
        fn_add(&d, &d, &fn_one);
        CHECK(sign_forced(&d, &e, &k, signature) == GMPKI_OK);
    }

    /* The exported function goes on after a refused nonce, and gives up when none will do. */
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t signature[64];
    const uint8_t e[32] = {7};
    gmpki_test_sm2_refuse_nonces(3);
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 0) == GMPKI_OK);
    CHECK(verify_digest(&public_key, signature, e) == GMPKI_OK);
    for (unsigned flags = 0; flags < 4; flags++) {
        gmpki_test_sm2_refuse_nonces(1000);
        CHECK(gmpki_sm2_sign_digest(&key, signature, e, flags) == GMPKI_ERR_FAULT && all_zero(signature, 64));
    }
    gmpki_test_sm2_refuse_nonces(0);
}

/* A flipped bit between computing and release: found with GMPKI_SM2_SIGN_VERIFY, and shipped without. */
static void test_fault(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    gmpki_sm2_private_key made;
    uint8_t signature[64];
    const uint8_t e[32] = {1, 2, 3};
    gmpki_test_sm2_fault(1);
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 0) == GMPKI_OK);
    CHECK(verify_digest(&public_key, signature, e) == GMPKI_ERR_SIGNATURE);
    for (unsigned flags = 2; flags < 4; flags++) {
        CHECK(gmpki_sm2_sign_digest(&key, signature, e, flags) == GMPKI_ERR_FAULT && all_zero(signature, 64));
        CHECK(gmpki_sm2_sign(&key, signature, DEFAULT_ID, e, 3, flags) == GMPKI_ERR_FAULT && all_zero(signature, 64));
    }
    CHECK(gmpki_sm2_generate(&made) == GMPKI_ERR_FAULT && all_zero(&made, sizeof made)); /* the pairwise check */
    CHECK(gmpki_sm2_generate_unchecked(&made) == GMPKI_OK);
    gmpki_test_sm2_fault(2); /* the public half */
    CHECK(gmpki_sm2_generate(&made) == GMPKI_ERR_FAULT && all_zero(&made, sizeof made));
    CHECK(gmpki_sm2_generate_unchecked(&made) == GMPKI_ERR_FAULT && all_zero(&made, sizeof made));
    gmpki_test_sm2_fault(0);
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 2) == GMPKI_OK);
}

/* r and s at and beyond their bounds, r + s = n, and the numbers that mean the same modulo n. */
static void test_ranges(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t good[64], bad[64], e[32];
    unhex(good, ANNEX_SIGNATURE);
    unhex(e, ANNEX_E);
    for (int half = 0; half < 64; half += 32) {
        for (int step = -2; step <= 300; step++) {
            memcpy(bad, good, 64);
            hex_plus(bad + half, ORDER, step);
            CHECK(verify_digest(&public_key, bad, e) == GMPKI_ERR_SIGNATURE);
        }
        for (int small = 0; small < 3; small++) {
            memcpy(bad, good, 64);
            memset(bad + half, 0, 32);
            bad[half + 31] = (uint8_t)small;
            CHECK(verify_digest(&public_key, bad, e) == GMPKI_ERR_SIGNATURE);
        }
        memcpy(bad, good, 64);
        memset(bad + half, 0xff, 32);
        CHECK(verify_digest(&public_key, bad, e) == GMPKI_ERR_SIGNATURE);
    }
    /* s -> n - s is another signature in some schemes */
    fn r, s;
    CHECK(fn_from_bytes(&r, good) && fn_from_bytes(&s, good + 32));
    memcpy(bad, good, 64);
    fn_neg(&s, &s);
    fn_to_bytes(bad + 32, &s);
    CHECK(verify_digest(&public_key, bad, e) == GMPKI_ERR_SIGNATURE);
}

/*
 * Signatures that hold but for one check. With d and k known, e can be chosen after r and s:
 *   r + n or s + n below 2^256 say the same modulo n; r = 0 or s = 0 or r + s = n satisfy the equation for a fitting e.
 */
static void verify_crafted(const fn *r, const fn *s, const fn *d, uint64_t add_order, int half) {
    static const uint64_t n[4] = FN_MODULUS_LIMBS;
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t d_bytes[32], signature[64], e_bytes[32], x[32];
    point sum;
    affine a;
    fn t, e;
    fn_to_bytes(d_bytes, d);
    CHECK(gmpki_sm2_private_key_load(&key, d_bytes) == GMPKI_OK);
    public_key = public_of(&key);
    sm2_public_point(&a, &public_key);
    fn_add(&t, r, s);
    sm2_current()->multiply_double_vartime(&sum, s, &t, &a);
    (void)point_to_affine(&a, &sum); /* x = 0 for infinity */
    fp_to_bytes(x, &a.x);
    fn_reduce_bytes(&e, x);
    fn_sub(&e, r, &e); /* now (e + x1) mod n = r */
    fn_to_bytes(e_bytes, &e);
    fn_to_bytes(signature, r);
    fn_to_bytes(signature + 32, s);
    int legal = !fn_is_zero(r) && !fn_is_zero(s) && !fn_is_zero(&t) && !point_is_infinity(&sum);
    CHECK(verify_digest(&public_key, signature, e_bytes) == (legal ? GMPKI_OK : GMPKI_ERR_SIGNATURE));
    if (add_order) {
        unsigned carry = 0;
        for (int i = 31; i >= 0; i--) {
            unsigned v = signature[half + i] + (unsigned)(n[(31 - i) / 8] >> (8 * ((31 - i) % 8)) & 0xff) + carry;
            signature[half + i] = (uint8_t)v;
            carry = v >> 8;
        }
        CHECK(carry == 0);
        CHECK(verify_digest(&public_key, signature, e_bytes) == GMPKI_ERR_SIGNATURE);
    }
}

static void test_crafted(void) {
    const fn zero = {{0}};
    for (int i = 0; i < 30; i++) {
        fn d = random_scalar();
        fn r = random_scalar();
        fn s = random_scalar();
        fn minus_r, small = small_scalar(1 + next_random() % 1000);
        verify_crafted(&r, &s, &d, 0, 0);
        verify_crafted(&zero, &s, &d, 0, 0); /* r = 0 */
        verify_crafted(&r, &zero, &d, 0, 0); /* s = 0 */
        fn_neg(&minus_r, &r);                /* r + s = n, t = 0 */
        verify_crafted(&r, &minus_r, &d, 0, 0);
        verify_crafted(&small, &s, &d, 1, 0);  /* r + n */
        verify_crafted(&r, &small, &d, 1, 32); /* s + n */

        /* sG + tP = infinity with t not 0: s (1 + d) = -r d. An x of 0 would pass for infinity. */
        fn one_plus_d, inverse;
        fn_add(&one_plus_d, &d, &fn_one);
        fn_inverse(&inverse, &one_plus_d);
        fn_mul(&s, &r, &d);
        fn_neg(&s, &s);
        fn_mul(&s, &s, &inverse);
        verify_crafted(&r, &s, &d, 0, 0);
    }
}

/* P = G, -G, 2G, and the bounds of d: the sum meets equal and opposite points. */
static void test_special_keys(void) {
    static const struct {
        const char *hex;
        int step;
    } keys[] = {{"00", 1}, {"00", 2}, {"00", 3}, {ORDER, -2}, {ORDER, -3}, {ORDER, -6}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        gmpki_sm2_private_key key;
        gmpki_sm2_public_key public_key;
        uint8_t d[32] = {0}, signature[64], e[32];
        if (keys[i].hex[1] == '0') {
            d[31] = (uint8_t)keys[i].step;
        } else {
            hex_plus(d, keys[i].hex, keys[i].step);
        }
        CHECK(gmpki_sm2_private_key_load(&key, d) == GMPKI_OK);
        public_key = public_of(&key);
        for (int j = 0; j < 50; j++) {
            random_bytes(e, sizeof e);
            CHECK(gmpki_sm2_sign_digest(&key, signature, e, GMPKI_SM2_SIGN_VERIFY) == GMPKI_OK);
            CHECK(verify_digest(&public_key, signature, e) == GMPKI_OK);
        }
    }
    /* P = -G has d = n - 1, which no private key may be, but which is a point all the same. */
    point minus_base;
    fn s, r;
    point_from_affine(&minus_base, &point_base);
    fp_neg(&minus_base.y, &minus_base.y);
    gmpki_sm2_public_key public_key = public_from_point(&minus_base);
    for (int i = 0; i < 50; i++) {
        /* sG - tG = -rG: x1 = x(rG), e = r - x1 */
        uint8_t signature[64], e_bytes[32];
        fn e, x;
        r = random_scalar();
        s = random_scalar();
        x = x_of(&r);
        fn_sub(&e, &r, &x);
        fn_to_bytes(e_bytes, &e);
        fn_to_bytes(signature, &r);
        fn_to_bytes(signature + 32, &s);
        CHECK(verify_digest(&public_key, signature, e_bytes) == GMPKI_OK);
        signature[63] ^= 1; /* any s will do for this key: rG does not depend on it */
        CHECK(verify_digest(&public_key, signature, e_bytes) == GMPKI_OK);
        signature[31] ^= 1;
        CHECK(verify_digest(&public_key, signature, e_bytes) == GMPKI_ERR_SIGNATURE);
    }
}

/* x1 in [n, p): R is chosen with such an x, then s, t, and P = t^-1 (R - sG). */
static void test_x_above_order(void) {
    int found = 0;
    for (int step = 0; step < 60; step++) {
        uint8_t encoded[33], signature[64], e_bytes[32];
        affine r_point;
        encoded[0] = (uint8_t)(2 + step % 2);
        hex_plus(encoded + 1, ORDER, step);
        if (sm2_point_decompress_vartime(&r_point, encoded) != GMPKI_OK) {
            continue;
        }
        found++;
        fn s = random_scalar(), t = random_scalar(), t_inverse, r, e, minus_s;
        point sum;
        affine a;
        fn_neg(&minus_s, &s);
        sm2_current()->multiply_double_vartime(&sum, &minus_s, &fn_one, &r_point);
        CHECK(point_to_affine(&a, &sum) != 0);
        fn_inverse(&t_inverse, &t);
        sm2_current()->multiply_point(&sum, &t_inverse, &a);
        gmpki_sm2_public_key public_key = public_from_point(&sum);
        fn_sub(&r, &t, &s);
        fn x = small_scalar((uint64_t)step); /* x1 mod n */
        fn_sub(&e, &r, &x);
        fn_to_bytes(e_bytes, &e);
        fn_to_bytes(signature, &r);
        fn_to_bytes(signature + 32, &s);
        CHECK(verify_digest(&public_key, signature, e_bytes) == GMPKI_OK);
        fn_add(&e, &e, &fn_one);
        fn_to_bytes(e_bytes, &e);
        CHECK(verify_digest(&public_key, signature, e_bytes) == GMPKI_ERR_SIGNATURE);
    }
    CHECK(found >= 20);
}

static void test_misuse(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY), empty;
    gmpki_sm2_public_key public_key = public_of(&key), nothing;
    uint8_t signature[64], e[32] = {0}, za[32];
    gmpki_sm3_ctx ctx;
    memset(&empty, 0, sizeof empty);
    memset(&nothing, 0, sizeof nothing);
    static gmpki_sm2_verify_table table;
    memset(signature, 0, sizeof signature);
    CHECK(gmpki_sm2_verify_table_make(NULL, &public_key) == GMPKI_ERR_ARGUMENT);
    table.ready = 1;
    CHECK(gmpki_sm2_verify_table_make(&table, NULL) == GMPKI_ERR_ARGUMENT && all_zero(&table, sizeof table));
    table.ready = 1;
    CHECK(gmpki_sm2_verify_table_make(&table, &nothing) == GMPKI_ERR_STATE && all_zero(&table, sizeof table));
    CHECK(gmpki_sm2_verify_digest_with_table(&table, signature, e) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_verify_table_make(&table, &public_key) == GMPKI_OK);
    CHECK(gmpki_sm2_verify_digest_with_table(NULL, signature, e) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_verify_digest_with_table(&table, NULL, e) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_verify_digest_with_table(&table, signature, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_verify_digest_with_table(&table, signature, e) == GMPKI_ERR_SIGNATURE);
    CHECK(gmpki_sm2_sign_digest(NULL, signature, e, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign_digest(&key, NULL, e, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign_digest(&key, signature, NULL, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign(&key, signature, NULL, 1, e, 1, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign(&key, signature, NULL, 0, NULL, 1, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_verify_digest(NULL, signature, e) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_verify_digest(&public_key, NULL, e) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_verify(&public_key, signature, NULL, 0, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign_digest(&empty, signature, e, 0) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_sign(&empty, signature, NULL, 0, NULL, 0, 0) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_verify_digest(&nothing, signature, e) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_verify(&nothing, signature, NULL, 0, NULL, 0) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_za(za, &nothing, NULL, 0) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_digest_init(&ctx, &nothing, NULL, 0) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_za(NULL, &public_key, NULL, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_digest_init(&ctx, NULL, NULL, 0) == GMPKI_ERR_ARGUMENT);
}

/* Last, as it is for good: a broken known answer closes the gate. */
static void test_error_state(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    uint8_t signature[64];
    const uint8_t e[32] = {0};
    CHECK(gmpki_test_break_known_answer(GMPKI_ALGORITHM_COUNT) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_test_break_known_answer(GMPKI_SM2) == GMPKI_OK);
    CHECK(gmpki_selftest_run(GMPKI_SM2) == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 0) == GMPKI_ERR_SELFTEST && all_zero(signature, 64));
}

int main(void) {
    const char *name;
    int available;
    for (size_t i = 0; gmpki_backend_get(&name, &available, GMPKI_SM2, i) == GMPKI_OK && name != NULL; i++) {
        if (available) {
            CHECK(gmpki_backend_force(GMPKI_SM2, name) == GMPKI_OK);
            test_annex();
            test_user_id();
            test_round_trips();
            test_retries();
            test_fault();
            test_ranges();
            test_crafted();
            test_special_keys();
            test_x_above_order();
            test_misuse();
        }
    }
    test_error_state();
    return finish();
}
