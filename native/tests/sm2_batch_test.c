/*
 * Many signatures, verifications and keys in one call: the same results as one after the other, for every count about
 * the width of a kernel and its chunks, with every way to fail. In a process of its own for each backend.
 */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/backend.h"
#include "sm2_support.h"

enum { MOST = 2 * SM2_BATCH_MAX + 3 };

typedef struct items {
    gmpki_sm2_private_key key[MOST];
    gmpki_sm2_public_key public_key[MOST];
    const gmpki_sm2_private_key *keys[MOST];
    const gmpki_sm2_public_key *public_keys[MOST];
    uint8_t digests[MOST][32];
    uint8_t signatures[MOST][64];
    int results[MOST];
} items;

static items all;

static const size_t counts[] = {0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 64, MOST};
enum { COUNTS = sizeof counts / sizeof counts[0] };

static void make_items(void) {
    CHECK(gmpki_sm2_generate_batch(all.key, MOST, 0) == GMPKI_OK);
    for (size_t i = 0; i < MOST; i++) {
        all.public_key[i] = public_of(&all.key[i]);
        all.keys[i] = &all.key[i];
        all.public_keys[i] = &all.public_key[i];
        random_bytes(all.digests[i], 32);
    }
}

static int sign_all(size_t count, unsigned flags) {
    memset(all.signatures, 0x5a, sizeof all.signatures);
    return gmpki_sm2_sign_batch(all.keys, all.signatures[0], all.digests[0], count, flags);
}

static int verify_all(size_t count) {
    memset(all.results, 0x5a, sizeof all.results);
    return gmpki_sm2_verify_batch(all.public_keys, all.results, all.signatures[0], all.digests[0], count);
}

/* Every result but those of the item is GMPKI_OK. */
static int only(size_t count, size_t item, int result) {
    int good = 1;
    for (size_t i = 0; i < count; i++) {
        good &= all.results[i] == (i == item ? result : GMPKI_OK);
    }
    return good;
}

/* Each function against the single one, for each count and all flags; nothing behind the last item is written. */
static void test_counts(void) {
    for (size_t n = 0; n < COUNTS; n++) {
        size_t count = counts[n];
        for (unsigned flags = 0; flags < 4; flags++) {
            CHECK(sign_all(count, flags) == GMPKI_OK);
            for (size_t i = 0; i < count; i++) {
                CHECK(gmpki_sm2_verify_digest(&all.public_key[i], all.signatures[i], all.digests[i]) == GMPKI_OK);
                if (flags & GMPKI_SM2_SIGN_DETERMINISTIC) {
                    uint8_t single[64];
                    CHECK(gmpki_sm2_sign_digest(&all.key[i], single, all.digests[i], flags) == GMPKI_OK);
                    CHECK(memcmp(single, all.signatures[i], 64) == 0);
                }
            }
            CHECK(count == MOST || all.signatures[count][0] == 0x5a);
        }
        CHECK(verify_all(count) == GMPKI_OK && only(count, MOST, 0));
        CHECK(count == MOST || all.results[count] == 0x5a5a5a5a);
    }
}

/* Two batches never have a nonce in common: r differs for equal digests under one key. */
static void test_fresh_nonces(void) {
    uint8_t first[MOST][64];
    items same = all;
    for (size_t i = 0; i < MOST; i++) {
        same.keys[i] = &same.key[0];
        memcpy(same.digests[i], all.digests[0], 32);
    }
    CHECK(gmpki_sm2_sign_batch(same.keys, first[0], same.digests[0], MOST, 0) == GMPKI_OK);
    CHECK(gmpki_sm2_sign_batch(same.keys, same.signatures[0], same.digests[0], MOST, 0) == GMPKI_OK);
    for (size_t i = 0; i < MOST; i++) {
        CHECK(memcmp(first[i], same.signatures[i], 32) != 0);
        CHECK(i == 0 || memcmp(first[i], first[i - 1], 32) != 0);
        CHECK(gmpki_sm2_verify_digest(&all.public_key[0], first[i], all.digests[0]) == GMPKI_OK);
    }
}

/*
 * With a random source that always says the same, nonces are still those of each item's own key and digest: as many as
 * there are pairs of them, and those that a single signature takes.
 */
static void test_dead_source(void) {
    items one_key = all;
    fn x1[MOST];
    unsigned long repeated = 0;
    uint8_t single[64];
    for (size_t i = 0; i < MOST; i++) {
        one_key.keys[i] = &all.key[0];
    }
    gmpki_test_random_mode(2);
    CHECK(sign_all(MOST, 0) == GMPKI_OK && verify_all(MOST) == GMPKI_OK);
    CHECK(gmpki_sm2_sign_batch(one_key.keys, one_key.signatures[0], one_key.digests[0], MOST, 0) == GMPKI_OK);
    for (size_t i = 0; i < MOST; i++) {
        CHECK(gmpki_sm2_sign_digest(&all.key[i], single, all.digests[i], 0) == GMPKI_OK);
        CHECK(memcmp(single, all.signatures[i], 64) == 0);
        CHECK(gmpki_sm2_sign_digest(&all.key[0], single, all.digests[i], 0) == GMPKI_OK);
        CHECK(memcmp(single, one_key.signatures[i], 64) == 0);
        /* r - e is x1 of the nonce's point modulo n. */
        fn r, e;
        fn_reduce_bytes(&r, one_key.signatures[i]);
        fn_reduce_bytes(&e, one_key.digests[i]);
        fn_sub(&x1[i], &r, &e);
        for (size_t j = 0; j < i; j++) {
            repeated += memcmp(&x1[i], &x1[j], sizeof x1[i]) == 0;
        }
    }
    CHECK(repeated == 0);
    gmpki_test_random_mode(0);
}

/* One item that is wrong in some way, at every place of a batch: its own result says so, and no other's. */
static void test_one_wrong(void) {
    gmpki_sm2_public_key other = all.public_key[1];
    CHECK(sign_all(17, 0) == GMPKI_OK);
    for (size_t i = 0; i < 17; i++) {
        uint8_t signature[64], digest[32];
        memcpy(signature, all.signatures[i], 64);
        memcpy(digest, all.digests[i], 32);
        all.signatures[i][next_random() % 64] ^= (uint8_t)(1u << next_random() % 8);
        CHECK(verify_all(17) == GMPKI_ERR_SIGNATURE && only(17, i, GMPKI_ERR_SIGNATURE));
        memcpy(all.signatures[i], signature, 64);
        all.digests[i][31] ^= 1;
        CHECK(verify_all(17) == GMPKI_ERR_SIGNATURE && only(17, i, GMPKI_ERR_SIGNATURE));
        memcpy(all.digests[i], digest, 32);
        memset(all.signatures[i], 0, 32); /* r = 0 */
        CHECK(verify_all(17) == GMPKI_ERR_SIGNATURE && only(17, i, GMPKI_ERR_SIGNATURE));
        memcpy(all.signatures[i], signature, 64);
        hex_plus(all.signatures[i] + 32, ORDER, 0); /* s = n */
        CHECK(verify_all(17) == GMPKI_ERR_SIGNATURE && only(17, i, GMPKI_ERR_SIGNATURE));
        memcpy(all.signatures[i], signature, 64);
        all.public_keys[i] = i == 1 ? &all.public_key[0] : &other;
        CHECK(verify_all(17) == GMPKI_ERR_SIGNATURE && only(17, i, GMPKI_ERR_SIGNATURE));
        all.public_keys[i] = NULL;
        CHECK(verify_all(17) == GMPKI_ERR_SIGNATURE && only(17, i, GMPKI_ERR_ARGUMENT));
        all.public_keys[i] = &all.public_key[i];
        all.public_key[i].ready ^= 1;
        CHECK(verify_all(17) == GMPKI_ERR_SIGNATURE && only(17, i, GMPKI_ERR_STATE));
        all.public_key[i].ready ^= 1;
        CHECK(verify_all(17) == GMPKI_OK);
    }
}

/* A public key k * G. */
static gmpki_sm2_public_key known_key(const fn *k) {
    point p;
    sm2_current()->multiply_base(&p, k);
    return public_from_point(&p);
}

/* A digest and a signature (r, s) under the key P = d * G with s * G + t * P = (s + t * d) * G for given s and t. */
static void forge(size_t i, const fn *d, const fn *s, const fn *t) {
    fn k, r, e, x;
    point p;
    affine a;
    uint8_t bytes[32];
    fn_mul(&k, t, d);
    fn_add(&k, &k, s);
    fn_sub(&r, t, s);
    sm2_current()->multiply_base(&p, &k);
    (void)point_to_affine(&a, &p);
    fp_to_bytes(bytes, &a.x);
    fn_reduce_bytes(&x, bytes);
    fn_sub(&e, &r, &x);
    fn_to_bytes(all.digests[i], &e);
    fn_to_bytes(all.signatures[i], &r);
    fn_to_bytes(all.signatures[i] + 32, s);
    all.public_key[i] = known_key(d);
}

/*
 * Scalars at the edges, and the sums that addition formulas do not know: s * G = t * P, where the sum is a double, and
 * s * G = -t * P, where it is infinity and nothing verifies. Equal to the single verification in each case.
 */
static void test_edges(void) {
    fn small[6], s, t, d;
    unsigned long wrong = 0, good = 0;
    const unsigned long rounds = SPARSE ? 100 : 400;
    for (uint64_t i = 0; i < 3; i++) {
        small[2 * i] = small_scalar(i + 1);
        fn_neg(&small[2 * i + 1], &small[2 * i]);
    }
    for (unsigned long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < 8; i++) {
            uint64_t choice = next_random();
            d = choice & 1 ? small[choice / 8 % 6] : random_scalar();
            t = choice & 2 ? small[choice / 64 % 6] : random_scalar();
            s = choice & 4 ? small[choice / 512 % 6] : random_scalar();
            if (choice % 5 < 2) {
                fn_mul(&s, &t, &d); /* the sum is a double */
            }
            if (choice % 5 == 1) {
                fn_neg(&s, &s); /* the sum is infinity */
            }
            forge(i, &d, &s, &t);
            all.digests[i][31] ^= (uint8_t)(choice % 7 == 0); /* no sum is right for every digest */
        }
        (void)verify_all(8);
        for (size_t i = 0; i < 8; i++) {
            int single = gmpki_sm2_verify_digest(&all.public_key[i], all.signatures[i], all.digests[i]);
            wrong += all.results[i] != single;
            good += single == GMPKI_OK;
        }
    }
    CHECK(wrong == 0);
    CHECK(good * 4 > rounds * 19 && good * 4 < rounds * 25); /* of 8 a round, about 5.5 */
    make_items();
}

/*
 * A sum whose x1 lies in [n, p): r - e is x1 - n, and the second candidate decides. x1 = n + small needs a point there,
 * which is not a known multiple of G: as P with s small and t = 1, only the sum's x is under control. So the kernel is
 * asked directly: t = n - 1, s with s * G added to -P.
 */
static void test_x1_above_n(void) {
    static const uint64_t order[4] = FN_MODULUS_LIMBS;
    unsigned found = 0;
    for (uint64_t step = 0; step < 64 && found < 8; step++) {
        uint8_t encoded[33] = {2}, xy[64];
        gmpki_sm2_public_key key;
        fn s = small_scalar(step + 1), t, e, r, minus_s, c;
        affine target, own;
        point p, q;
        /* The sum is to be Q with x = n + step; then P = (Q - s * G) / t with t = 1. */
        uint64_t plain[4] = {order[0] + step, order[1], order[2], order[3]};
        fp x;
        CHECK(fp_from_limbs(&x, plain) != 0);
        fp_to_bytes(encoded + 1, &x);
        if (gmpki_sm2_public_key_load(&key, encoded, sizeof encoded) != GMPKI_OK) {
            continue;
        }
        found++;
        sm2_public_point(&target, &key);
        fn_neg(&minus_s, &s);
        sm2_current()->multiply_base(&q, &minus_s);
        point_from_affine(&p, &target);
        point_add_vartime(&p, &p, &q);
        (void)point_to_affine(&own, &p);
        sm2_point_encode(xy, &own);
        t = small_scalar(1);
        fn_sub(&r, &t, &s); /* r + s = t */
        c = small_scalar(step);
        fn_sub(&e, &r, &c); /* r - e = x1 mod n = step */
        for (size_t i = 0; i < 8; i++) {
            CHECK(gmpki_sm2_public_key_load(&all.public_key[i], xy, sizeof xy) == GMPKI_OK);
            fn_to_bytes(all.digests[i], &e);
            fn_to_bytes(all.signatures[i], &r);
            fn_to_bytes(all.signatures[i] + 32, &s);
        }
        /* r = 0 for s = 1 is refused for its range. */
        CHECK(verify_all(8) == (step == 0 ? GMPKI_ERR_SIGNATURE : GMPKI_OK));
        all.digests[3][31] ^= 1;
        CHECK(verify_all(8) == GMPKI_ERR_SIGNATURE && (step == 0 || only(8, 3, GMPKI_ERR_SIGNATURE)));
    }
    CHECK(found >= 4);
    make_items();
}

/* Nonces that are refused are replaced, alone; deterministic signatures come out as single ones do. */
static void test_refusals(void) {
    uint8_t single[64];
    for (int refused = 1; refused < 8; refused += 3) {
        gmpki_test_sm2_refuse_nonces(refused);
        CHECK(sign_all(9, GMPKI_SM2_SIGN_VERIFY) == GMPKI_OK);
        CHECK(verify_all(9) == GMPKI_OK);
    }
    /* On lanes the first nonce is refused in the batch, and again when its item is done alone. */
    gmpki_test_sm2_refuse_nonces(sm2_current()->batch != NULL ? 2 : 1);
    CHECK(sign_all(9, GMPKI_SM2_SIGN_DETERMINISTIC) == GMPKI_OK);
    gmpki_test_sm2_refuse_nonces(1);
    CHECK(gmpki_sm2_sign_digest(&all.key[0], single, all.digests[0], GMPKI_SM2_SIGN_DETERMINISTIC) == GMPKI_OK);
    CHECK(memcmp(single, all.signatures[0], 64) == 0);
    gmpki_test_sm2_refuse_nonces(1000);
    CHECK(sign_all(9, 0) == GMPKI_ERR_FAULT && all_zero(all.signatures, (size_t)9 * 64));
    gmpki_test_sm2_refuse_nonces(0);
}

static void test_errors(void) {
    gmpki_sm2_private_key bad = all.key[0];
    bad.ready = 0;
    CHECK(sign_all(9, 4) == GMPKI_ERR_ARGUMENT && all_zero(all.signatures, (size_t)9 * 64));
    all.keys[8] = NULL;
    CHECK(sign_all(9, 0) == GMPKI_ERR_ARGUMENT && all_zero(all.signatures, (size_t)9 * 64));
    all.keys[8] = &bad;
    CHECK(sign_all(9, 0) == GMPKI_ERR_STATE && all_zero(all.signatures, (size_t)9 * 64));
    all.keys[8] = &all.key[8];
    CHECK(gmpki_sm2_sign_batch(all.keys, NULL, all.digests[0], 1, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign_batch(NULL, all.signatures[0], all.digests[0], 1, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign_batch(all.keys, all.signatures[0], NULL, 1, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_sign_batch(NULL, NULL, NULL, 0, 0) == GMPKI_OK);
    CHECK(gmpki_sm2_verify_batch(NULL, NULL, NULL, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_sm2_verify_batch(all.public_keys, NULL, all.signatures[0], all.digests[0], 1) == GMPKI_ERR_ARGUMENT);
    memset(all.results, 0, sizeof all.results);
    CHECK(gmpki_sm2_verify_batch(NULL, all.results, all.signatures[0], all.digests[0], 2) == GMPKI_ERR_ARGUMENT);
    CHECK(all.results[0] == GMPKI_ERR_ARGUMENT && all.results[1] == GMPKI_ERR_ARGUMENT && all.results[2] == 0);
    CHECK(gmpki_sm2_generate_batch(NULL, 0, 0) == GMPKI_OK);
    CHECK(gmpki_sm2_generate_batch(NULL, 1, 0) == GMPKI_ERR_ARGUMENT);
}

/* A fault on the way to a signature or a key is not released; a random source that fails is told. Of eight items, none
 * is done alone. */
static void test_faults(void) {
    gmpki_sm2_private_key keys[8];
    gmpki_test_sm2_fault(1);
    CHECK(sign_all(8, GMPKI_SM2_SIGN_VERIFY) == GMPKI_ERR_FAULT && all_zero(all.signatures, (size_t)8 * 64));
    CHECK(gmpki_sm2_generate_batch(keys, 8, 0) == GMPKI_ERR_FAULT && all_zero(keys, sizeof keys));
    gmpki_test_sm2_fault(2);
    CHECK(gmpki_sm2_generate_batch(keys, 8, GMPKI_SM2_GENERATE_UNCHECKED) == GMPKI_ERR_FAULT);
    CHECK(all_zero(keys, sizeof keys));
    gmpki_test_sm2_fault(0);
    gmpki_test_random_mode(1);
    CHECK(sign_all(8, 0) == GMPKI_ERR_RANDOM && all_zero(all.signatures, (size_t)8 * 64));
    CHECK(gmpki_sm2_generate_batch(keys, 8, 0) == GMPKI_ERR_RANDOM && all_zero(keys, sizeof keys));
    gmpki_test_random_mode(0);
}

/* Keys as the scalar alone makes them, all different; and those without check. */
static void test_keys(void) {
    static gmpki_sm2_private_key keys[MOST];
    for (size_t n = 0; n < COUNTS; n++) {
        for (unsigned flags = 0; flags < 2; flags++) {
            CHECK(gmpki_sm2_generate_batch(keys, counts[n], flags) == GMPKI_OK);
            for (size_t i = 0; i < counts[n]; i++) {
                uint8_t d[32], signature[64];
                gmpki_sm2_private_key loaded;
                gmpki_sm2_public_key public_key = public_of(&keys[i]);
                CHECK(gmpki_sm2_private_key_store(&keys[i], d) == GMPKI_OK);
                CHECK(gmpki_sm2_private_key_load(&loaded, d) == GMPKI_OK);
                CHECK(memcmp(loaded.x, keys[i].x, 32) == 0 && memcmp(loaded.y, keys[i].y, 32) == 0);
                CHECK(flags || memcmp(&loaded, &keys[i], sizeof loaded) == 0);
                CHECK(i == 0 || memcmp(keys[i].d, keys[i - 1].d, 32) != 0);
                CHECK(gmpki_sm2_sign_digest(&keys[i], signature, d, 0) == GMPKI_OK);
                CHECK(gmpki_sm2_verify_digest(&public_key, signature, d) == GMPKI_OK);
            }
        }
    }
}

/* The products themselves: scalars at the edges and with runs of ones, against the portable backend. */
static void test_products(void) {
    const sm2_batch *batch = sm2_current()->batch;
    unsigned long wrong = 0;
    for (unsigned long round = 0; batch != NULL && round < repetitions(300); round++) {
        fn k[SM2_BATCH_MAX];
        affine product[SM2_BATCH_MAX];
        size_t count = 1 + next_random() % SM2_BATCH_MAX;
        for (size_t i = 0; i < count; i++) {
            uint64_t choice = next_random();
            k[i] = choice & 3 ? random_scalar() : small_scalar(1 + choice / 16 % 300);
            if (choice & 4) {
                memset(k[i].limb, choice & 8 ? 0xff : 0, (size_t)(choice / 32 % 4) * 8);
            }
            if (choice & 16) {
                fn_neg(&k[i], &k[i]);
            }
            if (fn_is_zero(&k[i])) {
                k[i] = small_scalar(1);
            }
        }
        batch->multiply_base(product, k, count);
        for (size_t i = 0; i < count; i++) {
            point p;
            affine expected;
            sm2_portable.multiply_base(&p, &k[i]);
            (void)point_to_affine(&expected, &p);
            wrong += memcmp(&expected, &product[i], sizeof expected) != 0;
        }
    }
    CHECK(wrong == 0);
}

static void test_all(void) {
    make_items();
    test_counts();
    test_fresh_nonces();
    test_dead_source();
    test_one_wrong();
    test_edges();
    test_x1_above_n();
    test_refusals();
    test_errors();
    test_faults();
    test_keys();
    test_products();
}

/* A backend is chosen once in a process. */
static int passes_on(const char *backend) {
    char choice[32];
    (void)snprintf(choice, sizeof choice, "sm2=%s", backend);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("GMPKI_BACKEND", choice, 1);
        test_all();
        printf("%s: ", choice);
        exit(finish());
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(void) {
    const char *name = NULL;
    int available = 0;
    for (size_t i = 0; gmpki_backend_get(&name, &available, GMPKI_SM2, i) == GMPKI_OK && name != NULL; i++) {
        CHECK(!available || passes_on(name));
    }
    return finish();
}
