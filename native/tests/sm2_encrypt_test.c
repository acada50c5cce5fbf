/* Encrypting and decrypting: the standard's example, every format, truncation, tampering, misleading first bytes. */
#include <stdlib.h>

#include "gmpki/kdf.h"
#include "sm2_support.h"

enum { FORMATS = 6, ALL = 63 };

/* Copies of exactly the needed size on the heap, so that AddressSanitizer sees a byte too many. */
static uint8_t *exact(const uint8_t *data, size_t len) {
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    if (copy == NULL) {
        abort();
    }
    if (len != 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

/* Decrypt from and into exact buffers; the status, and on success whether it is the message. */
static int decrypt(const gmpki_sm2_private_key *key, const uint8_t *ciphertext, size_t len, size_t out_size,
                   const uint8_t *message, size_t message_len, unsigned formats) {
    uint8_t *in = exact(ciphertext, len);
    uint8_t *out = malloc(out_size == 0 ? 1 : out_size);
    size_t out_len = 12345;
    if (out == NULL) {
        abort();
    }
    memset(out, 0xcc, out_size);
    int status = gmpki_sm2_decrypt(key, out, out_size, &out_len, in, len, formats);
    if (status == GMPKI_OK) {
        CHECK(out_len == message_len && memcmp(out, message, message_len) == 0);
    } else {
        CHECK(out_len == 0 && all_zero(out, out_size));
    }
    free(in);
    free(out);
    return status;
}

/* GB/T 32918.5-2017 annex C. */
static void test_annex(void) {
    static const char c1[] = "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
                             "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0";
    static const char c3[] = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766";
    static const char c2[] = "21886ca989ca9c7d58087307ca93092d651efa";
    static const uint8_t message[19] = "encryption standard";
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t k[32], out[19 + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD], expected[200];
    size_t len, n;
    unhex(k, ANNEX_NONCE);
    CHECK(gmpki_test_sm2_encrypt_nonce(&public_key, out, &len, message, 19, k, GMPKI_SM2_C1C3C2) == GMPKI_OK);
    n = 0;
    expected[n++] = 4;
    n += unhex(expected + n, c1);
    n += unhex(expected + n, c3);
    n += unhex(expected + n, c2);
    CHECK(len == n && memcmp(out, expected, n) == 0);
    CHECK(decrypt(&key, out, len, 19, message, 19, GMPKI_SM2_C1C3C2) == GMPKI_OK);

    CHECK(gmpki_test_sm2_encrypt_nonce(&public_key, out, &len, message, 19, k, GMPKI_SM2_C1C2C3_BARE) == GMPKI_OK);
    n = unhex(expected, c1);
    n += unhex(expected + n, c2);
    n += unhex(expected + n, c3);
    CHECK(len == n && memcmp(out, expected, n) == 0);

    CHECK(gmpki_test_sm2_encrypt_nonce(&public_key, out, &len, message, 19, k, GMPKI_SM2_DER) == GMPKI_OK);
    CHECK(len == 2 + 34 + 35 + 34 + 21);
    CHECK(equals_hex(out, 6, "307c022004eb") && equals_hex(out + 36, 4, "022100e8") &&
          equals_hex(out + 71, 3, "042059") && equals_hex(out + 105, 3, "041321"));
    CHECK(decrypt(&key, out, len, 19, message, 19, ALL) == GMPKI_OK);
}

/* Every format, many lengths, nonces by the system; every reading of what was written; exact buffers. */
static void test_round_trips(void) {
    static const size_t lengths[] = {1, 2, 15, 31, 32, 33, 64, 95, 96, 97, 127, 128, 129, 255, 256, 1000, 70000};
    static uint8_t message[70000], out[70000 + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD];
    gmpki_sm2_private_key key, other;
    CHECK(gmpki_sm2_generate(&key) == GMPKI_OK && gmpki_sm2_generate(&other) == GMPKI_OK);
    gmpki_sm2_public_key public_key = public_of(&key);
    random_bytes(message, sizeof message);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int f = 0; f < FORMATS; f++) {
            size_t n = lengths[i], len = 0;
            CHECK(gmpki_sm2_encrypt(&public_key, out, n + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD, &len, message, n,
                                    1 << f) == GMPKI_OK);
            CHECK(len > n && len <= n + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD);
            CHECK(decrypt(&key, out, len, n, message, n, 1u << f) == GMPKI_OK);
            CHECK(decrypt(&key, out, len, len, message, n, ALL) == GMPKI_OK);
            CHECK(decrypt(&key, out, len, n, message, n, ALL) == GMPKI_OK);
            CHECK(decrypt(&key, out, len, n - 1, message, n, 1u << f) == GMPKI_ERR_BUFFER);
            CHECK(decrypt(&key, out, len, len, message, n, ALL & ~(1u << f)) == GMPKI_ERR_DECRYPT);
            CHECK(decrypt(&other, out, len, len, message, n, ALL) == GMPKI_ERR_DECRYPT);
        }
    }
}

/* Every truncation and every flipped byte of every format is refused with the one error. */
static void test_damage(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t message[40], out[40 + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD + 1];
    random_bytes(message, sizeof message);
    for (int f = 0; f < FORMATS; f++) {
        size_t len;
        CHECK(gmpki_sm2_encrypt(&public_key, out, sizeof out, &len, message, sizeof message, 1 << f) == GMPKI_OK);
        for (size_t cut = 0; cut < len; cut++) {
            CHECK(decrypt(&key, out, cut, len, message, 40, 1u << f) == GMPKI_ERR_DECRYPT);
            if (cut % 3 == 0) {
                CHECK(decrypt(&key, out, cut, len, message, 40, ALL) == GMPKI_ERR_DECRYPT);
            }
        }
        out[len] = 0;
        CHECK(decrypt(&key, out, len + 1, len + 1, message, 40, ALL) == GMPKI_ERR_DECRYPT);
        for (size_t i = 0; i < len; i++) {
            out[i] ^= 0x10;
            CHECK(decrypt(&key, out, len, len, message, 40, 1u << f) == GMPKI_ERR_DECRYPT);
            out[i] ^= 0x10;
        }
        CHECK(decrypt(&key, out, len, len, message, 40, 1u << f) == GMPKI_OK);
    }
}

/*
 * C1 = kG whose x begins with a byte that means something to another format, or with zeros: 11G with 04, 54G with 30,
 * 424G with 02, 400G with 03, 327G with 00; the y of 107G begins with 00.
 */
static void test_misleading_first_bytes(void) {
    static const struct {
        int k, offset, first;
    } cases[] = {{11, 0, 0x04}, {54, 0, 0x30}, {424, 0, 0x02}, {400, 0, 0x03}, {327, 0, 0x00}, {107, 32, 0x00}};
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t message[150], k[32] = {0}, out[150 + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD];
    random_bytes(message, sizeof message);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        k[30] = (uint8_t)(cases[i].k >> 8);
        k[31] = (uint8_t)cases[i].k;
        for (size_t n = 1; n <= sizeof message; n += n < 70 ? 1 : 7) {
            for (int f = 0; f < FORMATS; f++) {
                size_t len;
                int status = gmpki_test_sm2_encrypt_nonce(&public_key, out, &len, message, n, k, 1 << f);
                CHECK(status == GMPKI_OK);
                CHECK((1 << f) != GMPKI_SM2_C1C3C2_BARE || out[cases[i].offset] == cases[i].first);
                CHECK(decrypt(&key, out, len, len, message, n, ALL) == GMPKI_OK);
            }
        }
    }
}

/* 470 * P gives a key stream that begins with a zero byte: a message of one byte would leave unencrypted. */
static void test_zero_key_stream(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t k[32] = {0}, out[2 + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD], message[2] = {0x5a, 0xa5}, forged[98], shared[64];
    size_t len;
    k[30] = 470 >> 8;
    k[31] = 470 & 255;
    CHECK(gmpki_test_sm2_encrypt_nonce(&public_key, out, &len, message, 1, k, GMPKI_SM2_C1C3C2) ==
          GMPKI_TEST_NEXT_NONCE);
    CHECK(len == 0);
    CHECK(gmpki_test_sm2_encrypt_nonce(&public_key, out, &len, message, 2, k, GMPKI_SM2_C1C3C2) == GMPKI_OK);
    CHECK(decrypt(&key, out, len, len, message, 2, GMPKI_SM2_C1C3C2) == GMPKI_OK);

    /* A ciphertext with such a stream whose C3 is right: built by hand, it must be refused all the same. */
    uint8_t xy[64];
    CHECK(gmpki_sm2_public_key_store(&public_key, xy, 64) == GMPKI_OK);
    CHECK(gmpki_test_sm2_point_mul(shared, k, xy) == GMPKI_OK);
    uint8_t hashed[65];
    memcpy(hashed, shared, 32);
    hashed[32] = message[0];
    memcpy(hashed + 33, shared + 32, 32);
    forged[0] = 4;
    CHECK(gmpki_test_sm2_point_mul(forged + 1, k, NULL) == GMPKI_OK);
    CHECK(gmpki_sm3_hash(forged + 65, hashed, sizeof hashed) == GMPKI_OK);
    forged[97] = message[0]; /* xor 0 */
    CHECK(decrypt(&key, forged, sizeof forged, sizeof forged, message, 1, GMPKI_SM2_C1C3C2) == GMPKI_ERR_DECRYPT);

    /* The exported function takes another nonce, and gives up when none will do. */
    gmpki_test_sm2_refuse_nonces(5);
    CHECK(gmpki_sm2_encrypt(&public_key, out, sizeof out, &len, message, 2, GMPKI_SM2_C1C3C2) == GMPKI_OK);
    CHECK(decrypt(&key, out, len, len, message, 2, GMPKI_SM2_C1C3C2) == GMPKI_OK);
    gmpki_test_sm2_refuse_nonces(1000);
    CHECK(gmpki_sm2_encrypt(&public_key, out, sizeof out, &len, message, 2, GMPKI_SM2_C1C3C2) == GMPKI_ERR_RANDOM);
    CHECK(len == 0 && all_zero(out, sizeof out));
    gmpki_test_sm2_refuse_nonces(0);
}

/* A ciphertext that decrypts for a point off the curve, had it been let through: d * C1 on the curve's formulas. */
static void off_curve(const gmpki_sm2_private_key *key, const uint8_t xy[64]) {
    uint8_t forged[GMPKI_SM2_POINT_UNCOMPRESSED_LEN + 32 + 5], shared[64], stream[5], hashed[69];
    static const uint8_t message[5] = "hello";
    affine c1;
    point product;
    fn d;
    uint64_t plain[4];
    for (int half = 0; half < 2; half++) {
        /* coordinates modulo p, whatever they are */
        static const uint64_t p[4] = FP_MODULUS_LIMBS;
        fp *coordinate = half ? &c1.y : &c1.x;
        for (int i = 0; i < 4; i++) {
            plain[i] = 0;
            for (int j = 0; j < 8; j++) {
                plain[i] |= (uint64_t)xy[32 * half + 31 - 8 * i - j] << (8 * j);
            }
        }
        if (!fp_from_limbs(coordinate, plain)) {
            uint64_t borrow = 0;
            for (int i = 0; i < 4; i++) {
                unsigned __int128 v = (unsigned __int128)plain[i] - p[i] - borrow;
                plain[i] = (uint64_t)v;
                borrow = (uint64_t)(v >> 127);
            }
            CHECK(fp_from_limbs(coordinate, plain) != 0);
        }
    }
    sm2_private_scalar(&d, key);
    sm2_current()->multiply_point(&product, &d, &c1);
    (void)point_to_affine(&c1, &product);
    sm2_point_encode(shared, &c1);
    CHECK(gmpki_sm3_kdf(stream, sizeof stream, shared, sizeof shared) == GMPKI_OK);
    memcpy(hashed, shared, 32);
    memcpy(hashed + 32, message, 5);
    memcpy(hashed + 37, shared + 32, 32);
    forged[0] = 4;
    memcpy(forged + 1, xy, 64);
    CHECK(gmpki_sm3_hash(forged + 65, hashed, sizeof hashed) == GMPKI_OK);
    for (int i = 0; i < 5; i++) {
        forged[97 + i] = message[i] ^ stream[i];
    }
    CHECK(decrypt(key, forged, sizeof forged, sizeof forged, message, 5, GMPKI_SM2_C1C3C2) == GMPKI_ERR_DECRYPT);
    CHECK(decrypt(key, forged + 1, sizeof forged - 1, sizeof forged, message, 5, ALL) == GMPKI_ERR_DECRYPT);
}

static void test_bad_points(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    uint8_t xy[64];
    memset(xy, 0, sizeof xy);
    off_curve(&key, xy); /* (0, 0), often an encoding of infinity */
    xy[31] = 5;
    xy[63] = 7;
    off_curve(&key, xy);
    xy[63] = 0;
    off_curve(&key, xy); /* (x, 0) would have order 2 */
    sm2_point_encode(xy, &point_base);
    xy[63] ^= 1;
    off_curve(&key, xy);

    /* x or y + p, where that stays below 2^256: only for a small coordinate. 0 <= x < 2^224 is on the curve for some x.
     */
    uint8_t encoded[33] = {2};
    affine small;
    for (encoded[32] = 0; sm2_point_decompress_vartime(&small, encoded) != GMPKI_OK; encoded[32]++) {
    }
    sm2_point_encode(xy, &small);
    hex_plus(xy, PRIME, encoded[32]);
    off_curve(&key, xy);
    /* A small y: y = 1, 2, ... with x a cube root of y^2 + 3x - b is not found directly; 0 - y serves the same check.
     */
    memset(xy, 0xff, sizeof xy);
    off_curve(&key, xy);
}

/* DER that is right but for one thing. */
static void test_der(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    static const uint8_t message[19] = "encryption standard";
    uint8_t k[32], good[200], bad[210];
    size_t len;
    unhex(k, ANNEX_NONCE);
    CHECK(gmpki_test_sm2_encrypt_nonce(&public_key, good, &len, message, 19, k, GMPKI_SM2_DER) == GMPKI_OK &&
          len == 126);

    /* insert count bytes at a place and add to the lengths before it */
    static const struct {
        size_t at, grows;
        uint8_t byte;
        const char *what;
    } insertions[] = {
        {1, 0, 0x81, "long form of a short length"},
        {4, 3, 0x00, "x with a zero byte too many"},
        {105, 72, 0x00, "C3 of 33 bytes, the right ones first"},
        {126, 0, 0x00, "a byte behind"},
        {126, 1, 0x00, "a byte behind inside"},
    };
    for (size_t i = 0; i < sizeof insertions / sizeof insertions[0]; i++) {
        size_t at = insertions[i].at;
        memcpy(bad, good, at);
        bad[at] = insertions[i].byte;
        memcpy(bad + at + 1, good + at, len - at);
        if (insertions[i].grows) {
            bad[1]++;
            if (insertions[i].grows > 1) {
                bad[insertions[i].grows]++;
            }
        }
        CHECK(decrypt(&key, bad, len + 1, len + 1, message, 19, GMPKI_SM2_DER) == GMPKI_ERR_DECRYPT);
    }
    /* y without its leading zero byte is negative */
    memcpy(bad, good, 38);
    memcpy(bad + 38, good + 39, len - 39);
    bad[1]--;
    bad[37]--;
    CHECK(decrypt(&key, bad, len - 1, len, message, 19, GMPKI_SM2_DER) == GMPKI_ERR_DECRYPT);
    /* C3 of 31 bytes */
    memcpy(bad, good, 73);
    memcpy(bad + 73, good + 74, len - 74);
    bad[1]--;
    bad[72]--;
    CHECK(decrypt(&key, bad, len - 1, len, message, 19, GMPKI_SM2_DER) == GMPKI_ERR_DECRYPT);
    /* empty C2, wrong tags, indefinite length */
    memcpy(bad, good, len);
    bad[1] = (uint8_t)(bad[1] - 19);
    bad[106] = 0;
    CHECK(decrypt(&key, bad, len - 19, len, message, 19, GMPKI_SM2_DER) == GMPKI_ERR_DECRYPT);
    static const size_t tags[] = {0, 2, 36, 71, 105};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        memcpy(bad, good, len);
        bad[tags[i]] ^= 0x20;
        CHECK(decrypt(&key, bad, len, len, message, 19, GMPKI_SM2_DER) == GMPKI_ERR_DECRYPT);
    }
    memcpy(bad, good, len);
    bad[1] = 0x80;
    bad[len] = bad[len + 1] = 0;
    CHECK(decrypt(&key, bad, len + 2, len, message, 19, GMPKI_SM2_DER) == GMPKI_ERR_DECRYPT);
}

/* A length above 127 that needs one byte, written in two. */
static void test_der_long_length(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t message[100], good[100 + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD], bad[sizeof good + 1];
    size_t len;
    random_bytes(message, sizeof message);
    CHECK(gmpki_sm2_encrypt(&public_key, good, sizeof good, &len, message, sizeof message, GMPKI_SM2_DER) == GMPKI_OK);
    CHECK(good[1] == 0x81 && good[2] == len - 3);
    CHECK(decrypt(&key, good, len, len, message, sizeof message, GMPKI_SM2_DER) == GMPKI_OK);
    bad[0] = good[0];
    bad[1] = 0x82;
    bad[2] = 0;
    memcpy(bad + 3, good + 2, len - 2);
    CHECK(decrypt(&key, bad, len + 1, len, message, sizeof message, GMPKI_SM2_DER) == GMPKI_ERR_DECRYPT);
}

static void test_misuse(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY), empty;
    gmpki_sm2_public_key public_key = public_of(&key), nothing;
    uint8_t out[200], in[100] = {4};
    size_t len;
    memset(&empty, 0, sizeof empty);
    memset(&nothing, 0, sizeof nothing);
    CHECK(gmpki_sm2_encrypt(&public_key, out, 129, &len, in, 0, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm2_encrypt(&public_key, out, 129, &len, NULL, 0, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm2_encrypt(&public_key, out, 200, &len, in, (size_t)GMPKI_SM2_MAX_PLAINTEXT_LEN + 1, 1) ==
          GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm2_encrypt(&public_key, out, 128, &len, in, 1, 1) == GMPKI_ERR_BUFFER);
    CHECK(gmpki_sm2_encrypt(&public_key, out, 129, &len, in, 1, 1) == GMPKI_OK);
    static const int formats[] = {0, 3, 64, -1, 5};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        CHECK(gmpki_sm2_encrypt(&public_key, out, 200, &len, in, 1, formats[i]) == GMPKI_ERR_ARGUMENT && len == 0);
    }
    CHECK(gmpki_sm2_encrypt(&nothing, out, 200, &len, in, 1, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_encrypt(NULL, out, 200, &len, in, 1, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_encrypt(&public_key, NULL, 200, &len, in, 1, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_encrypt(&public_key, out, 200, NULL, in, 1, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_encrypt(&public_key, out, 200, &len, NULL, 1, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_decrypt(&key, out, 200, &len, in, 100, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_decrypt(&key, out, 200, &len, in, 100, 64) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_decrypt(&empty, out, 200, &len, in, 100, ALL) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm2_decrypt(NULL, out, 200, &len, in, 100, ALL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_decrypt(&key, NULL, 200, &len, in, 100, ALL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_decrypt(&key, out, 200, NULL, in, 100, ALL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_decrypt(&key, out, 200, &len, NULL, 100, ALL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm2_decrypt(&key, out, 200, &len, NULL, 0, ALL) == GMPKI_ERR_DECRYPT);
}

int main(void) {
    test_annex();
    test_round_trips();
    test_damage();
    test_misleading_first_bytes();
    test_zero_key_stream();
    test_bad_points();
    test_der();
    test_der_long_length();
    test_misuse();
    return finish();
}
