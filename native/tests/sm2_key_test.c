/* Keys, encodings of points, signatures as DER. */
#include <stdlib.h>

#include "sm2_support.h"

/* d in [1, n-2] and nothing else. */
static void test_private_range(void) {
    gmpki_sm2_private_key key;
    uint8_t d[32], again[32];
    for (int step = -4; step < 300; step++) {
        hex_plus(d, ORDER, step);
        int expected = step < -1 ? GMPKI_OK : GMPKI_ERR_SCALAR;
        CHECK(gmpki_sm2_private_key_load(&key, d) == expected);
        CHECK(expected == GMPKI_OK ? key.ready != 0 : all_zero(&key, sizeof key));
        if (expected == GMPKI_OK) {
            CHECK(gmpki_sm2_private_key_store(&key, again) == GMPKI_OK && memcmp(d, again, 32) == 0);
        }
    }
    memset(d, 0, sizeof d);
    CHECK(gmpki_sm2_private_key_load(&key, d) == GMPKI_ERR_SCALAR && all_zero(&key, sizeof key));
    d[31] = 1;
    CHECK(gmpki_sm2_private_key_load(&key, d) == GMPKI_OK);
    memset(d, 0xff, sizeof d);
    CHECK(gmpki_sm2_private_key_load(&key, d) == GMPKI_ERR_SCALAR);
    gmpki_sm2_private_key_clear(&key);
    gmpki_sm2_private_key_clear(NULL);
    CHECK(all_zero(&key, sizeof key));
}

/* What a loaded key caches: (1 + d)^-1 and the public point. */
static void test_private_parts(void) {
    for (int i = 0; i < 50; i++) {
        gmpki_sm2_private_key key;
        gmpki_sm2_public_key public_key;
        fn d, inverse, product;
        uint8_t bytes[32], xy[64], expected[64];
        CHECK((i % 2 == 0 ? gmpki_sm2_generate(&key) : gmpki_sm2_generate_unchecked(&key)) == GMPKI_OK);
        sm2_private_scalar(&d, &key);
        sm2_private_inverse(&inverse, &key);
        fn_add(&product, &d, &fn_one);
        fn_mul(&product, &product, &inverse);
        CHECK(fn_equal(&product, &fn_one) != 0);
        public_key = public_of(&key);
        CHECK(gmpki_sm2_private_key_store(&key, bytes) == GMPKI_OK);
        CHECK(gmpki_test_sm2_point_mul(expected, bytes, NULL) == GMPKI_OK);
        CHECK(gmpki_sm2_public_key_store(&public_key, xy, 64) == GMPKI_OK && memcmp(xy, expected, 64) == 0);
    }
}

static void check_point(const uint8_t *encoded, size_t len, int expected) {
    gmpki_sm2_public_key key;
    uint8_t *copy = malloc(len == 0 ? 1 : len); /* of the exact size, for AddressSanitizer */
    if (copy == NULL) {
        abort();
    }
    if (len != 0) {
        memcpy(copy, encoded, len);
    }
    memset(&key, 0xcc, sizeof key);
    CHECK(gmpki_sm2_public_key_load(&key, copy, len) == expected);
    CHECK(expected == GMPKI_OK ? key.ready != 0 : all_zero(&key, sizeof key));
    free(copy);
}

/* 64, 65 and 33 bytes name the same point, for points with either parity of y. */
static void test_encodings(void) {
    for (int i = 0; i < 60; i++) {
        gmpki_sm2_private_key key;
        gmpki_sm2_public_key first, other;
        uint8_t a[64], b[65], c[33], again[65];
        CHECK(gmpki_sm2_generate(&key) == GMPKI_OK);
        first = public_of(&key);
        CHECK(gmpki_sm2_public_key_store(&first, a, 64) == GMPKI_OK);
        CHECK(gmpki_sm2_public_key_store(&first, b, 65) == GMPKI_OK && b[0] == 4 && memcmp(a, b + 1, 64) == 0);
        CHECK(gmpki_sm2_public_key_store(&first, c, 33) == GMPKI_OK && c[0] == 2 + (a[63] & 1));
        CHECK(memcmp(a, c + 1, 32) == 0);
        CHECK(gmpki_sm2_public_key_load(&other, a, 64) == GMPKI_OK && memcmp(&first, &other, sizeof first) == 0);
        CHECK(gmpki_sm2_public_key_load(&other, b, 65) == GMPKI_OK && memcmp(&first, &other, sizeof first) == 0);
        CHECK(gmpki_sm2_public_key_load(&other, c, 33) == GMPKI_OK && memcmp(&first, &other, sizeof first) == 0);
        c[0] ^= 1; /* the opposite point */
        CHECK(gmpki_sm2_public_key_load(&other, c, 33) == GMPKI_OK && memcmp(&first, &other, sizeof first) != 0);
        CHECK(gmpki_sm2_public_key_store(&other, again, 33) == GMPKI_OK && memcmp(c, again, 33) == 0);
        memset(again, 1, sizeof again);
        CHECK(gmpki_sm2_public_key_store(&first, again, 32) == GMPKI_ERR_LENGTH && all_zero(again, 32));
        for (int bit = 0; bit < 512; bit += 37) {
            a[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check_point(a, 64, GMPKI_ERR_POINT);
            a[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void test_bad_encodings(void) {
    uint8_t g[65], bad[70];
    gmpki_sm2_public_key key;
    g[0] = 4;
    sm2_point_encode(g + 1, &point_base);
    for (size_t len = 0; len <= 70; len++) { /* every other length */
        memset(bad, 0, sizeof bad);
        memcpy(bad, g, len < 65 ? len : 65);
        if (len != 33 && len != 64 && len != 65) {
            check_point(bad, len, GMPKI_ERR_LENGTH);
        }
    }
    for (int prefix = 0; prefix < 256; prefix++) { /* hybrid 06 and 07, infinity 00 and all others */
        memcpy(bad, g, 65);
        bad[0] = (uint8_t)prefix;
        check_point(bad, 65, prefix == 4 ? GMPKI_OK : GMPKI_ERR_POINT);
        check_point(bad, 33, prefix == 2 || prefix == 3 ? GMPKI_OK : GMPKI_ERR_POINT);
    }
    memset(bad, 0, sizeof bad);
    check_point(bad, 64, GMPKI_ERR_POINT); /* (0, 0) */
    memset(bad, 0xff, sizeof bad);
    check_point(bad, 64, GMPKI_ERR_POINT);
    CHECK(gmpki_sm2_public_key_load(&key, NULL, 64) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_public_key_load(NULL, g, 64) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_public_key_load(&key, NULL, 0) == GMPKI_ERR_LENGTH);
    memset(&key, 0, sizeof key);
    CHECK(gmpki_sm2_public_key_store(&key, bad, 64) == GMPKI_ERR_STATE && all_zero(bad, 64));
    CHECK(gmpki_sm2_public_key_store(NULL, bad, 64) == GMPKI_ERR_ARGUMENT);
}

/*
 * x + p and y + p name the same residues and must not pass. Points with a small coordinate: (0, sqrt(b)), and
 * (x, 1) with the root x of x^3 - 3x + b - 1.
 */
static void test_coordinates_from_p(void) {
    uint8_t xy[64], encoded[33] = {2};
    memset(xy, 0, 32);
    unhex(xy + 32, "fd4511e81736a60f07e88a83d6cf5a167fae6d1a9c9330e76e232e00f5cdc154");
    check_point(xy, 64, GMPKI_OK);
    check_point(encoded, 33, GMPKI_OK);
    unhex(xy, PRIME);
    check_point(xy, 64, GMPKI_ERR_POINT);
    unhex(encoded + 1, PRIME);
    check_point(encoded, 33, GMPKI_ERR_POINT);

    unhex(xy, "9c17043effe1a805a74a9a5e70b9d659705d3242094a566dc016f49311178d1f");
    memset(xy + 32, 0, 32);
    xy[63] = 1;
    check_point(xy, 64, GMPKI_OK);
    hex_plus(xy + 32, PRIME, 1);
    check_point(xy, 64, GMPKI_ERR_POINT);
}

/* Half of all x have no point; those that have one come back on the curve. */
static void test_decompression(void) {
    int points = 0;
    for (int i = 0; i < 400; i++) {
        gmpki_sm2_public_key key;
        uint8_t encoded[33], xy[64];
        random_bytes(encoded, sizeof encoded);
        encoded[0] = (uint8_t)(2 + (encoded[0] & 1));
        encoded[1] &= 0x7f;
        int status = gmpki_sm2_public_key_load(&key, encoded, 33);
        CHECK(status == GMPKI_OK || status == GMPKI_ERR_POINT);
        if (status == GMPKI_OK) {
            points++;
            CHECK(gmpki_sm2_public_key_store(&key, xy, 64) == GMPKI_OK);
            CHECK((xy[63] & 1) == (encoded[0] & 1) && memcmp(xy, encoded + 1, 32) == 0);
            check_point(xy, 64, GMPKI_OK);
        }
    }
    CHECK(points > 140 && points < 260);
}

static void test_misuse(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY), empty;
    gmpki_sm2_public_key public_key;
    uint8_t d[32];
    memset(&empty, 0, sizeof empty);
    memset(d, 1, sizeof d);
    CHECK(gmpki_sm2_generate(NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_generate_unchecked(NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_private_key_load(NULL, d) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_private_key_load(&key, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_private_key_store(NULL, d) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_private_key_store(&key, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_private_key_store(&empty, d) == GMPKI_ERR_STATE && all_zero(d, 32));
    CHECK(gmpki_sm2_private_key_public(NULL, &public_key) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_private_key_public(&key, NULL) == GMPKI_ERR_ARGUMENT);
    memset(&public_key, 1, sizeof public_key);
    CHECK(gmpki_sm2_private_key_public(&empty, &public_key) == GMPKI_ERR_STATE &&
          all_zero(&public_key, sizeof public_key));
}

/* ---- signatures as DER ---- */

static int from_der(const char *hex, uint8_t signature[64]) {
    uint8_t der[200];
    size_t len = unhex(der, hex);
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, der, len);
    memset(signature, 0xcc, 64);
    int status = gmpki_sm2_signature_from_der(signature, copy, len);
    CHECK(status == GMPKI_OK || all_zero(signature, 64));
    free(copy);
    return status;
}

static void test_der_round_trips(void) {
    for (int i = 0; i < 2000; i++) {
        uint8_t signature[64], again[64], der[GMPKI_SM2_SIGNATURE_DER_MAX_LEN], exact_len[80];
        size_t len, n;
        random_bytes(signature, 64);
        memset(signature, 0, (size_t)(next_random() % 33));
        memset(signature + 32, 0, (size_t)(next_random() % 33));
        CHECK(gmpki_sm2_signature_to_der(der, sizeof der, &len, signature) == GMPKI_OK && len <= sizeof der);
        CHECK(gmpki_sm2_signature_from_der(again, der, len) == GMPKI_OK && memcmp(signature, again, 64) == 0);
        CHECK(gmpki_sm2_signature_to_der(exact_len, len, &n, signature) == GMPKI_OK && n == len);
        CHECK(gmpki_sm2_signature_to_der(exact_len, len - 1, &n, signature) == GMPKI_ERR_BUFFER && n == 0);
        if (i < 100) {
            for (size_t cut = 0; cut < len; cut++) {
                CHECK(gmpki_sm2_signature_from_der(again, der, cut) == GMPKI_ERR_ENCODING);
            }
        }
    }
    uint8_t largest[64], der[GMPKI_SM2_SIGNATURE_DER_MAX_LEN];
    size_t len;
    memset(largest, 0xff, sizeof largest);
    CHECK(gmpki_sm2_signature_to_der(der, sizeof der, &len, largest) == GMPKI_OK && len == sizeof der);
}

static void test_der_strictness(void) {
    static const char *const good[] = {"3006020101020102", "3006020100020100", "30080202008002020080"};
    static const char *const bad[] = {
        "",
        "30",
        "3006",
        "30060201010201",         /* cut */
        "300602010102010200",     /* a byte behind */
        "30070201010201020000",   /* and two */
        "300702010102010200",     /* a byte behind s, inside */
        "3009020101020102020103", /* a third INTEGER */
        "3003020101",             /* one INTEGER */
        "3000",
        "308106020101020102", /* length in a longer form than needed */
        "30820006020101020102",
        "30830000060201010201",
        "3080020101020102", /* indefinite length */
        "30800201010201020000",
        "30850000000006020101020102",
        "30ff020101020102",
        "300702810101020102", /* the same in an INTEGER */
        "30070201010281010200",
        "30060201ff020102",   /* negative r */
        "3006020101020180",   /* negative s */
        "300702020001020102", /* zero byte too many in r */
        "300702010102020002", /* in s */
        "30080202007f02020001",
        "30050200020102",   /* empty r */
        "30050201010200",   /* empty s */
        "3106020101020102", /* a SET */
        "2006020101020102",
        "3006030101020102", /* a BIT STRING */
        "3006020101040102",
        "3005020101020102", /* lengths that do not add up */
        "3007020101020102",
        "3006020201020102",
        "3006020101020202",
        "3006020101028002",
    };
    uint8_t signature[64];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(from_der(good[i], signature) == GMPKI_OK);
    }
    CHECK(signature[31] == 0x80 && signature[63] == 0x80);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(from_der(bad[i], signature) == GMPKI_ERR_ENCODING);
    }
    /* 33 significant bytes */
    CHECK(from_der("302602210101010101010101010101010101010101010101010101010101010101010101010101020101", signature) ==
          GMPKI_ERR_ENCODING);
    CHECK(from_der("302602010102210101010101010101010101010101010101010101010101010101010101010101010101", signature) ==
          GMPKI_ERR_ENCODING);
    CHECK(from_der("30270222008001010101010101010101010101010101010101010101010101010101010101010101020101",
                   signature) == GMPKI_ERR_ENCODING);
    CHECK(gmpki_sm2_signature_from_der(NULL, signature, 64) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_signature_from_der(signature, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_signature_from_der(signature, NULL, 0) == GMPKI_ERR_ENCODING);
    size_t len;
    CHECK(gmpki_sm2_signature_to_der(NULL, 72, &len, signature) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_signature_to_der(signature, 64, NULL, signature) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_signature_to_der(signature, 64, &len, NULL) == GMPKI_ERR_ARGUMENT);
}

int main(void) {
    test_private_range();
    test_private_parts();
    test_encodings();
    test_bad_encodings();
    test_coordinates_from_p();
    test_decompression();
    test_misuse();
    test_der_round_trips();
    test_der_strictness();
    return finish();
}
