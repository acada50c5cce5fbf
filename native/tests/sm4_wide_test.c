/* XTS and HCTR with SM4 on every backend. */
#include "sm4_testing.h"

enum { MAX_LEN = 300 };

static uint8_t key[32], tweak[BLOCK], message[2048];

/* Examples of GB/T 17964-2021 as published by OpenSSL (XTS) and by gmsm (HCTR); their key, tweak and plaintext. */
static const char gb_key[] = "2b7e151628aed2a6abf7158809cf4f3c000102030405060708090a0b0c0d0e0f";
static const char gb_tweak[] = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
static const char gb_plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                               "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

static void test_xts_published(void) {
    static const char gb_cipher[] = "e9538251c71d7b80bbe4483fef497bd12c5c581bd6242fc51e08964fb4f60fdb"
                                    "0ba42f63499279213d318d2c11f6886e903be7f93a1b3479";
    static const char ieee_cipher[] = "e9538251c71d7b80bbe4483fef497bd1b3db1a3e60408c575d63ff7db39f8326"
                                      "0869f9e2585fec9f0b863bf8fd784b8627d16c0db6d2cfc7";
    uint8_t raw[32], t[BLOCK], plain[64], out[64];
    enum { LEN = 56 };
    unhex(raw, gb_key);
    unhex(t, gb_tweak);
    unhex(plain, gb_plain);
    CHECK(gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_GB, raw, t, plain, LEN) == GMPKI_OK);
    CHECK(equals_hex(out, LEN, gb_cipher));
    CHECK(gmpki_sm4_xts(out, GMPKI_SM4_DECRYPT, GMPKI_SM4_XTS_GB, raw, t, out, LEN) == GMPKI_OK);
    CHECK(memcmp(out, plain, LEN) == 0);
    CHECK(gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_IEEE, raw, t, plain, LEN) == GMPKI_OK);
    CHECK(equals_hex(out, LEN, ieee_cipher));
    CHECK(gmpki_sm4_xts(out, GMPKI_SM4_DECRYPT, GMPKI_SM4_XTS_IEEE, raw, t, out, LEN) == GMPKI_OK);
    CHECK(memcmp(out, plain, LEN) == 0);
}

/* One bit to the next power: IEEE 1619, 5.2 by bytes; the other order by single bits. */
static void model_double(uint8_t t[BLOCK], int order) {
    uint8_t next[BLOCK] = {0};
    unsigned out = 0;
    for (unsigned power = 0; power < 128; power++) {
        unsigned in_bit = order == GMPKI_SM4_XTS_IEEE ? power % 8 : 7 - power % 8;
        unsigned to = (power + 1) % 128;
        unsigned out_bit = order == GMPKI_SM4_XTS_IEEE ? to % 8 : 7 - to % 8;
        if (t[power / 8] >> in_bit & 1) {
            if (power == 127) {
                out = 1;
            } else {
                next[to / 8] |= (uint8_t)(1u << out_bit);
            }
        }
    }
    if (out) {
        next[0] ^= order == GMPKI_SM4_XTS_IEEE ? 0x87 : 0xE1;
    }
    memcpy(t, next, BLOCK);
}

static void model_xts_block(uint8_t *out, const uint8_t *in, const uint8_t t[BLOCK]) {
    uint8_t block[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] = in[i] ^ t[i];
    }
    model_block(key, GMPKI_SM4_ENCRYPT, block, block);
    for (size_t i = 0; i < BLOCK; i++) {
        out[i] = block[i] ^ t[i];
    }
}

static void model_xts_encrypt(int order, uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t t[BLOCK], last[BLOCK];
    model_block(key + BLOCK, GMPKI_SM4_ENCRYPT, t, tweak);
    size_t done = 0;
    for (; done + BLOCK <= len; done += BLOCK) {
        model_xts_block(out + done, in + done, t);
        model_double(t, order);
    }
    if (done < len) {
        memcpy(last, out + done - BLOCK, BLOCK);
        memcpy(last, in + done, len - done);
        memcpy(out + done, out + done - BLOCK, len - done);
        model_xts_block(out + done - BLOCK, last, t);
    }
}

static void test_xts_lengths(void) {
    static uint8_t expected[sizeof message], out[sizeof message + 1];
    for (size_t len = BLOCK; len <= sizeof message; len += len < MAX_LEN ? 1 : 437) {
        for (int order = GMPKI_SM4_XTS_IEEE; order <= GMPKI_SM4_XTS_GB; order++) {
            model_xts_encrypt(order, expected, message, len);
            out[len] = 0xEE;
            CHECK(gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, order, key, tweak, message, len) == GMPKI_OK);
            CHECK(memcmp(out, expected, len) == 0 && out[len] == 0xEE);
            CHECK(gmpki_sm4_xts(out, GMPKI_SM4_DECRYPT, order, key, tweak, out, len) == GMPKI_OK);
            CHECK(memcmp(out, message, len) == 0 && out[len] == 0xEE);
            CHECK(gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, order, key, tweak, out, len) == GMPKI_OK);
            CHECK(memcmp(out, expected, len) == 0);
        }
    }
}

static void test_xts_errors(void) {
    uint8_t out[32], equal[32];
    memset(equal, 7, sizeof equal);
    CHECK(gmpki_sm4_xts(NULL, 0, 0, key, tweak, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_xts(out, 0, 0, NULL, tweak, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_xts(out, 0, 0, key, NULL, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_xts(out, 0, 0, key, tweak, NULL, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_xts(out, 2, 0, key, tweak, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_xts(out, 0, 2, key, tweak, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_xts(out, 0, 0, key, tweak, message, 15) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_xts(out, 0, 0, key, tweak, message, (1 << 24) + 1) == GMPKI_ERR_LENGTH);
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, 0, equal, tweak, message, 32) == GMPKI_ERR_ARGUMENT);
    CHECK(all_zero(out, sizeof out));
    CHECK(gmpki_sm4_xts(out, GMPKI_SM4_DECRYPT, 0, equal, tweak, message, 32) == GMPKI_OK);
}

/* The lengths of 64, 192 and 16 bytes; gmsm's example of 60 bytes is not HCTR (see hctr.c). */
static void test_hctr_published(void) {
    static const struct {
        unsigned times; /* the plaintext, so often */
        size_t len;
        const char *cipher;
    } rows[] = {
        {1, 64,
         "9cd7481d3b7ca904b14b4084d9d4c83ed39eac8e16747895fc2ae1eecd220276"
         "af3d0d2f21cb3807561347c81ad138117dd85c652afe16a47dc68eb884068ae3"},
        {3, 192,
         "8858dda3034233e377936b76ce7edeb6a245075a37800b0b996e8e974c9032ac8de40d90ee4ee5fb58bc10cbc95779485ab38ffb0b4f9"
         "6"
         "1d85f086db705ff723edbeaec649b3b406b11b96a418a9c2c51ef41cdd24e472c18336e9efcd07b7e264a1e2d46615198eb74938d7210"
         "4"
         "fa89294a6360cdb6b032a704cf07a087bb2283598552701b2f710d6528d9c3f4dab529afef4413f25169b6cbf8168ccbfa02a2f507513"
         "d"
         "0cb3802da34dbd928b67e6afc30ca91011070cfd40c2ef3d4ac041"},
        {1, 16, "b7b1dd75f608012dc69621d4ea720a60"},
    };
    uint8_t raw[32], t[BLOCK], plain[192], out[192];
    unhex(raw, gb_key);
    unhex(t, gb_tweak);
    for (unsigned i = 0; i < 3; i++) {
        unhex(plain + 64 * i, gb_plain);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, raw, t, BLOCK, plain, rows[i].len) == GMPKI_OK);
        CHECK(equals_hex(out, rows[i].len, rows[i].cipher));
        CHECK(gmpki_sm4_hctr(out, GMPKI_SM4_DECRYPT, raw, t, BLOCK, out, rows[i].len) == GMPKI_OK);
        CHECK(memcmp(out, plain, rows[i].len) == 0);
    }
}

/* y = y h in the field of GCM, bit by bit (NIST SP 800-38D, 6.3). */
static void model_multiply(uint8_t y[BLOCK], const uint8_t h[BLOCK]) {
    uint8_t product[BLOCK] = {0}, v[BLOCK];
    memcpy(v, h, BLOCK);
    for (unsigned bit = 0; bit < 128; bit++) {
        if (y[bit / 8] >> (7 - bit % 8) & 1) {
            for (size_t i = 0; i < BLOCK; i++) {
                product[i] ^= v[i];
            }
        }
        model_double(v, GMPKI_SM4_XTS_GB);
    }
    memcpy(y, product, BLOCK);
}

/* The paper's H of rest and tweak, put together in one buffer. */
static void model_hctr_hash(uint8_t hash[BLOCK], const uint8_t *rest, size_t rest_len, const uint8_t *t, size_t t_len) {
    static uint8_t joined[sizeof message + MAX_LEN + BLOCK];
    uint8_t bits[BLOCK] = {0};
    size_t len = rest_len + t_len;
    memset(joined, 0, sizeof joined);
    memcpy(joined, rest, rest_len);
    memcpy(joined + rest_len, t, t_len);
    memset(hash, 0, BLOCK);
    for (size_t i = 0; i < 4; i++) {
        bits[BLOCK - 1 - i] = (uint8_t)(8 * len >> 8 * i);
    }
    for (size_t i = 0; i < (len + BLOCK - 1) / BLOCK; i++) {
        for (size_t j = 0; j < BLOCK; j++) {
            hash[j] ^= joined[BLOCK * i + j];
        }
        model_multiply(hash, key + BLOCK);
    }
    for (size_t j = 0; j < BLOCK; j++) {
        hash[j] ^= bits[j];
    }
    model_multiply(hash, key + BLOCK);
    if (len == 0) {
        memcpy(hash, key + BLOCK, BLOCK);
    }
}

static void model_hctr_encrypt(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *t, size_t t_len) {
    uint8_t hash[BLOCK], z1[BLOCK], z2[BLOCK], counter[BLOCK];
    model_hctr_hash(hash, in + BLOCK, len - BLOCK, t, t_len);
    for (size_t i = 0; i < BLOCK; i++) {
        z1[i] = in[i] ^ hash[i];
    }
    model_block(key, GMPKI_SM4_ENCRYPT, z2, z1);
    for (size_t done = BLOCK, number = 1; done < len; done += BLOCK, number++) {
        for (size_t i = 0; i < BLOCK; i++) {
            counter[i] = z1[i] ^ z2[i];
        }
        counter[BLOCK - 1] ^= (uint8_t)number;
        counter[BLOCK - 2] ^= (uint8_t)(number >> 8);
        model_block(key, GMPKI_SM4_ENCRYPT, counter, counter);
        for (size_t i = 0; i < BLOCK && done + i < len; i++) {
            out[done + i] = in[done + i] ^ counter[i];
        }
    }
    model_hctr_hash(hash, out + BLOCK, len - BLOCK, t, t_len);
    for (size_t i = 0; i < BLOCK; i++) {
        out[i] = z2[i] ^ hash[i];
    }
}

static void test_hctr_lengths(void) {
    static uint8_t expected[sizeof message], out[sizeof message];
    static const size_t tweak_lens[] = {16, 0, 1, 15, 17, 100};
    for (size_t len = BLOCK; len <= sizeof message; len += len < MAX_LEN ? 1 : 873) {
        size_t t_len = tweak_lens[len % (sizeof tweak_lens / sizeof tweak_lens[0])];
        const uint8_t *t = message + 3;
        model_hctr_encrypt(expected, message, len, t, t_len);
        CHECK(gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, key, t, t_len, message, len) == GMPKI_OK);
        CHECK(memcmp(out, expected, len) == 0);
        CHECK(gmpki_sm4_hctr(out, GMPKI_SM4_DECRYPT, key, t, t_len, out, len) == GMPKI_OK);
        CHECK(memcmp(out, message, len) == 0);
    }
    model_hctr_encrypt(expected, message, BLOCK, message, 0);
    CHECK(gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, key, NULL, 0, message, BLOCK) == GMPKI_OK);
    CHECK(memcmp(out, expected, BLOCK) == 0);
}

static void test_hctr_errors(void) {
    uint8_t out[32];
    CHECK(gmpki_sm4_hctr(NULL, 0, key, tweak, 16, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_hctr(out, 0, NULL, tweak, 16, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_hctr(out, 0, key, NULL, 16, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_hctr(out, 0, key, tweak, 16, NULL, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_hctr(out, 2, key, tweak, 16, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_hctr(out, 0, key, tweak, 16, message, 15) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_hctr(out, 0, key, tweak, (1 << 24) + 1, message, 16) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_hctr(out, 0, key, tweak, 16, message, (size_t)UINT32_MAX + 1) == GMPKI_ERR_LENGTH);
}

static void tests(void) {
    test_xts_published();
    test_xts_lengths();
    test_xts_errors();
    test_hctr_published();
    test_hctr_lengths();
    test_hctr_errors();
}

int main(void) {
    fill_reversed(key, sizeof key);
    fill_reversed(tweak, sizeof tweak);
    fill_pattern(message, sizeof message);
    on_every_backend(GMPKI_SM4, tests);
    return finish();
}
