/* The token's ciphers: published examples, pieces of every size, buffers too small, padding, overlap, misuse. */
#include "check.h"
#include "pattern.h"
#include "softtoken/crypto.h"

enum { MESSAGE_LEN = 100, ROOM = 160 };

#define NIST_PLAIN "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
#define NIST_KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define COUNTING_IV "000102030405060708090a0b0c0d0e0f"
#define SM4_PLAIN "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffaaaaaaaabbbbbbbb"
#define SM4_KEY "0123456789abcdeffedcba9876543210"
#define DES_KEY "0123456789abcdef"
#define DES_IV "1234567890abcdef"
#define DES_PLAIN "4e6f77206973207468652074696d6520666f7220616c6c20" /* "Now is the time for all " */

static const struct example {
    int algorithm;
    int mode;
    unsigned feedback_bits;
    const char *key, *iv, *plain, *cipher;
} examples[] = {
    /* draft-ribose-cfrg-sm4-10, A.2 */
    {ST_SM4, ST_ECB, 0, SM4_KEY, "", SM4_PLAIN, "5ec8143de509cff7b5179f8f474b86192f1d305a7fb17df985f81c8482192304"},
    {ST_SM4, ST_CBC, 0, SM4_KEY, COUNTING_IV, SM4_PLAIN,
     "78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d"},
    {ST_SM4, ST_CFB, 128, SM4_KEY, COUNTING_IV, SM4_PLAIN,
     "ac3236cb861dd316e6413b4e3c7524b769d4c54ed433b9a0346009beb37b2b3f"},
    {ST_SM4, ST_OFB, 0, SM4_KEY, COUNTING_IV, SM4_PLAIN,
     "ac3236cb861dd316e6413b4e3c7524b71d01aca2487ca582cbf5463e6698539b"},
    /* NIST SP 800-38A, appendix F */
    {ST_AES, ST_ECB, 0, NIST_KEY, "", NIST_PLAIN, "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"},
    {ST_AES, ST_CBC, 0, NIST_KEY, COUNTING_IV, NIST_PLAIN,
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"},
    {ST_AES, ST_CFB, 0, NIST_KEY, COUNTING_IV, NIST_PLAIN,
     "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"},
    {ST_AES, ST_CFB, 8, NIST_KEY, COUNTING_IV, "6bc1bee22e409f96e93d7e117393172aae2d",
     "3b79424c9c0dd436bace9e0ed4586a4f32b9"},
    {ST_AES, ST_OFB, 0, NIST_KEY, COUNTING_IV, NIST_PLAIN,
     "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed825"},
    {ST_AES, ST_CTR, 0, NIST_KEY, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", NIST_PLAIN,
     "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"},
    {ST_AES, ST_ECB, 0, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "", "6bc1bee22e409f96e93d7e117393172a",
     "bd334f1d6e45f25ff712a214571fa5cc"},
    {ST_AES, ST_ECB, 0, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "",
     "6bc1bee22e409f96e93d7e117393172a", "f3eed1bdb5d2a03c064b5a7e3db181f8"},
    /* FIPS 81, appendices B, C, D, E */
    {ST_DES, ST_ECB, 0, DES_KEY, "", DES_PLAIN, "3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53"},
    {ST_DES, ST_CBC, 0, DES_KEY, DES_IV, DES_PLAIN, "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"},
    {ST_DES, ST_CFB, 64, DES_KEY, DES_IV, DES_PLAIN, "f3096249c7f46e51a69e839b1a92f78403467133898ea622"},
    {ST_DES, ST_CFB, 8, DES_KEY, DES_IV, DES_PLAIN, "f31fda07011462ee187f43d80a7cd9b5b0d290da6e5b9a87"},
    {ST_DES, ST_OFB, 0, DES_KEY, DES_IV, DES_PLAIN, "f3096249c7f46e5135f24a242eeb3d3f3d6d5be3255af8c3"},
    /* NIST SP 800-67, appendix B: "The qufck brown fox jump" */
    {ST_DES3, ST_ECB, 0, "0123456789abcdef23456789abcdef01456789abcdef0123", "",
     "5468652071756663"
     "6b2062726f776e20"
     "666f78206a756d70",
     "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900"},
};

/* Without libcrypto SM4 is the only cipher there is. */
static int is_there(int algorithm) {
    return algorithm == ST_SM4 || st_libcrypto_available();
}

/* A spec with key and iv of the given lengths; they stay the spec's own. */
typedef struct setup {
    uint8_t key[ST_MAX_CIPHER_KEY_LEN];
    uint8_t iv[ST_MAX_BLOCK_LEN];
    st_cipher_spec spec;
} setup;

static const st_cipher_spec *prepare(setup *s, int algorithm, int mode, int direction, int padding, size_t key_len) {
    fill_pattern(s->key, sizeof s->key);
    memset(s->iv, 0xc4, sizeof s->iv);
    s->spec = (st_cipher_spec){
        .algorithm = algorithm,
        .mode = mode,
        .direction = direction,
        .padding = padding,
        .key = s->key,
        .key_len = key_len,
        .iv = s->iv,
        .iv_len = mode == ST_ECB ? 0 : st_cipher_block_len(algorithm),
    };
    return &s->spec;
}

static void published_examples(void) {
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const struct example *x = &examples[i];
        uint8_t plain[64], cipher[64], out[64];
        setup s;
        if (!is_there(x->algorithm)) {
            continue;
        }
        prepare(&s, x->algorithm, x->mode, ST_ENCRYPT, ST_NO_PADDING, 0);
        s.spec.key_len = unhex(s.key, x->key);
        s.spec.iv_len = unhex(s.iv, x->iv);
        s.spec.feedback_bits = x->feedback_bits;
        size_t len = unhex(plain, x->plain), out_len = len;
        CHECK(unhex(cipher, x->cipher) == len);
        CHECK(st_cipher_once(&s.spec, out, &out_len, plain, len) == ST_OK && out_len == len);
        CHECK(memcmp(out, cipher, len) == 0);
        s.spec.direction = ST_DECRYPT;
        CHECK(st_cipher_once(&s.spec, out, &out_len, out, len) == ST_OK && out_len == len); /* in place */
        CHECK(memcmp(out, plain, len) == 0);
    }
}

/* Two keys are K1 K2 K1. */
static void two_key_triple_des(void) {
    setup s;
    uint8_t two[24], three[24];
    uint8_t message[24] = {1, 2, 3};
    size_t len = sizeof two;
    CHECK(st_cipher_once(prepare(&s, ST_DES3, ST_CBC, ST_ENCRYPT, 0, 16), two, &len, message, 24) == ST_OK);
    prepare(&s, ST_DES3, ST_CBC, ST_ENCRYPT, 0, 24);
    memcpy(s.key + 16, s.key, 8);
    CHECK(st_cipher_once(&s.spec, three, &len, message, 24) == ST_OK && memcmp(two, three, 24) == 0);
}

/* Run a message through in pieces, each into a buffer that is just large enough. Answers the length. */
static size_t in_pieces(const st_cipher_spec *spec, uint8_t *out, const uint8_t *in, size_t len, size_t piece) {
    st_cipher *cipher = NULL;
    size_t total = 0, due = 0;
    CHECK(st_cipher_new(&cipher, spec) == ST_OK);
    for (size_t at = 0; at < len; at += piece) {
        size_t step = len - at < piece ? len - at : piece;
        CHECK(st_cipher_update(cipher, NULL, &due, in + at, step) == ST_OK);
        if (due != 0) {
            size_t short_len = due - 1;
            uint8_t byte = out[total];
            CHECK(st_cipher_update(cipher, out + total, &short_len, in + at, step) == ST_ERR_BUFFER);
            CHECK(short_len == due && out[total] == byte);
        }
        size_t written = due;
        CHECK(st_cipher_update(cipher, out + total, &written, in + at, step) == ST_OK && written == due);
        total += written;
    }
    CHECK(st_cipher_final(cipher, NULL, &due) == ST_OK && due <= ST_MAX_BLOCK_LEN);
    size_t written = due;
    CHECK(st_cipher_final(cipher, out + total, &written) == ST_OK && written <= due);
    CHECK(st_cipher_final(cipher, out, &due) == ST_ERR_STATE);
    st_cipher_free(cipher);
    return total + written;
}

static void pieces(int algorithm, int mode, int padding, size_t key_len) {
    uint8_t message[MESSAGE_LEN], whole[ROOM], out[ROOM], back[ROOM];
    setup e, d;
    prepare(&e, algorithm, mode, ST_ENCRYPT, padding, key_len);
    prepare(&d, algorithm, mode, ST_DECRYPT, padding, key_len);
    fill_pattern(message, sizeof message);
    size_t len = padding || mode > ST_CBC ? MESSAGE_LEN - 5 : MESSAGE_LEN - MESSAGE_LEN % 16;
    size_t whole_len = sizeof whole;
    CHECK(st_cipher_once(&e.spec, whole, &whole_len, message, len) == ST_OK && whole_len >= len);
    for (size_t piece = 1; piece <= 64; piece++) {
        memset(out, 0, sizeof out);
        memset(back, 0, sizeof back);
        CHECK(in_pieces(&e.spec, out, message, len, piece) == whole_len && memcmp(out, whole, whole_len) == 0);
        CHECK(in_pieces(&d.spec, back, out, whole_len, piece) == len && memcmp(back, message, len) == 0);
    }
}

static void every_piece(void) {
    static const struct {
        int algorithm;
        size_t key_len;
    } keys[] = {{ST_SM4, 16}, {ST_DES, 8}, {ST_DES3, 16}, {ST_DES3, 24}, {ST_AES, 16}, {ST_AES, 24}, {ST_AES, 32}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!is_there(keys[i].algorithm)) {
            continue;
        }
        for (int mode = ST_ECB; mode <= ST_CTR; mode++) {
            if (mode != ST_CTR || st_cipher_block_len(keys[i].algorithm) == 16) {
                pieces(keys[i].algorithm, mode, ST_NO_PADDING, keys[i].key_len);
            }
        }
        pieces(keys[i].algorithm, ST_ECB, ST_PKCS7, keys[i].key_len);
        pieces(keys[i].algorithm, ST_CBC, ST_PKCS7, keys[i].key_len);
    }
}

/* Every message length and every room: just enough is enough, less changes nothing. */
static void every_room(int algorithm) {
    uint8_t message[40], cipher_text[64], out[64];
    setup e, d;
    size_t key_len = st_cipher_block_len(algorithm) == 8 ? 24 : 16, block = st_cipher_block_len(algorithm);
    prepare(&e, algorithm, ST_CBC, ST_ENCRYPT, ST_PKCS7, key_len);
    prepare(&d, algorithm, ST_CBC, ST_DECRYPT, ST_PKCS7, key_len);
    fill_pattern(message, sizeof message);
    for (size_t len = 0; len <= sizeof message; len++) {
        size_t cipher_len = sizeof cipher_text, bound = 0;
        CHECK(st_cipher_once(&e.spec, NULL, &bound, message, len) == ST_OK);
        CHECK(st_cipher_once(&e.spec, cipher_text, &cipher_len, message, len) == ST_OK && cipher_len == bound);
        CHECK(cipher_len == len + block - len % block);
        for (size_t room = 0; room <= cipher_len; room++) {
            st_cipher *cipher = NULL;
            size_t out_len = room;
            memset(out, 0xee, sizeof out);
            CHECK(st_cipher_new(&cipher, &d.spec) == ST_OK);
            enum st_status status = st_cipher_crypt(cipher, out, &out_len, cipher_text, cipher_len);
            CHECK(status == (room >= len ? ST_OK : ST_ERR_BUFFER));
            if (status == ST_ERR_BUFFER) {
                CHECK(out[0] == 0xee && out_len >= len && out_len <= cipher_len);
                out_len = sizeof out;
                CHECK(st_cipher_crypt(cipher, out, &out_len, cipher_text, cipher_len) == ST_OK);
            }
            CHECK(out_len == len && memcmp(out, message, len) == 0);
            CHECK(st_cipher_update(cipher, out, &out_len, message, 1) == ST_ERR_STATE);
            st_cipher_free(cipher);
        }
    }
}

/* A final whose room is too small keeps its bytes for the next call; nothing else may come between. */
static void final_again(void) {
    uint8_t cipher_text[16], out[16];
    setup s;
    st_cipher *cipher = NULL;
    size_t len = sizeof cipher_text, none = 0;
    CHECK(st_cipher_once(prepare(&s, ST_SM4, ST_ECB, ST_ENCRYPT, ST_PKCS7, 16), cipher_text, &len,
                         (const uint8_t *)"abc", 3) == ST_OK);
    CHECK(st_cipher_new(&cipher, prepare(&s, ST_SM4, ST_ECB, ST_DECRYPT, ST_PKCS7, 16)) == ST_OK);
    CHECK(st_cipher_update(cipher, out, &none, cipher_text, 16) == ST_OK && none == 0);
    len = 2;
    CHECK(st_cipher_final(cipher, out, &len) == ST_ERR_BUFFER && len == 3);
    CHECK(st_cipher_update(cipher, out, &none, cipher_text, 16) == ST_ERR_STATE);
    CHECK(st_cipher_final(cipher, NULL, &len) == ST_OK && len == 3);
    CHECK(st_cipher_final(cipher, out, &len) == ST_OK && len == 3 && memcmp(out, "abc", 3) == 0);
    st_cipher_free(cipher);
}

/* The length of the padding at the end of a message, 0 for none. */
static size_t padding_of(const uint8_t *plain, size_t len, size_t block) {
    size_t pad = plain[len - 1];
    if (pad < 1 || pad > block) {
        return 0;
    }
    for (size_t i = 1; i <= pad; i++) {
        if (plain[len - i] != pad) {
            return 0;
        }
    }
    return pad;
}

/* Every last byte, alone and with each byte of its block changed; lengths that are no whole blocks. */
static void wrong_padding(int algorithm, size_t key_len) {
    size_t block = st_cipher_block_len(algorithm);
    uint8_t plain[32], cipher_text[32], out[32];
    setup e, d;
    prepare(&e, algorithm, ST_CBC, ST_ENCRYPT, ST_NO_PADDING, key_len);
    prepare(&d, algorithm, ST_CBC, ST_DECRYPT, ST_PKCS7, key_len);
    for (int last = 0; last < 256; last++) {
        for (size_t changed = 0; changed <= block; changed++) {
            size_t len = 2 * block;
            size_t repeated = last >= 1 && last <= (int)block ? (size_t)last : 1;
            memset(plain, 0x77, sizeof plain);
            memset(plain + len - repeated, last, repeated);
            if (changed < block) {
                plain[block + changed] ^= 0x80;
            }
            size_t pad = padding_of(plain, len, block);
            CHECK(st_cipher_once(&e.spec, cipher_text, &len, plain, len) == ST_OK);
            if (pad != 0) {
                CHECK(st_cipher_once(&d.spec, out, &len, cipher_text, len) == ST_OK && len == 2 * block - pad);
                CHECK(memcmp(out, plain, len) == 0);
            } else {
                CHECK(st_cipher_once(&d.spec, out, &len, cipher_text, len) == ST_ERR_PADDING);
                CHECK(all_zero(out, block)); /* what was decrypted before is gone */
            }
        }
    }
    for (size_t len = 0; len < 2 * block; len++) {
        size_t room = sizeof out;
        enum st_status expected = len % block == 0 && len != 0 ? ST_OK : ST_ERR_INPUT_LEN;
        enum st_status status = st_cipher_once(&d.spec, out, &room, cipher_text, len);
        CHECK(status == expected || (expected == ST_OK && status == ST_ERR_PADDING));
        room = sizeof out;
        e.spec.direction = ST_DECRYPT;
        CHECK(st_cipher_once(&e.spec, out, &room, cipher_text, len) == (len % block == 0 ? ST_OK : ST_ERR_INPUT_LEN));
        e.spec.direction = ST_ENCRYPT;
        CHECK(st_cipher_once(&e.spec, out, &room, cipher_text, len) == (len % block == 0 ? ST_OK : ST_ERR_INPUT_LEN));
    }
}

/* Output at every distance from the input, with and without bytes held back before. */
static void overlapping(int algorithm, int mode) {
    enum { LEN = 48, MAX_SHIFT = 40 };
    uint8_t apart[LEN + 16], together[LEN + 2 * MAX_SHIFT + 16], message[LEN + 5];
    setup s;
    prepare(&s, algorithm, mode, ST_ENCRYPT, ST_NO_PADDING, 16);
    fill_pattern(message, sizeof message);
    for (size_t held = 0; held <= 5; held += 5) {
        for (int shift = -MAX_SHIFT; shift <= MAX_SHIFT; shift++) {
            st_cipher *one = NULL, *other = NULL;
            size_t a = sizeof apart, b = sizeof apart;
            CHECK(st_cipher_new(&one, &s.spec) == ST_OK && st_cipher_new(&other, &s.spec) == ST_OK);
            CHECK(st_cipher_update(one, apart, &a, message, held) == ST_OK);
            CHECK(st_cipher_update(other, apart, &b, message, held) == ST_OK);
            uint8_t *in = together + MAX_SHIFT;
            memcpy(in, message + held, LEN);
            a = b = LEN + 5;
            CHECK(st_cipher_update(one, apart, &a, message + held, LEN) == ST_OK);
            CHECK(st_cipher_update(other, in + shift, &b, in, LEN) == ST_OK && a == b);
            CHECK(memcmp(apart, in + shift, a) == 0);
            st_cipher_free(one);
            st_cipher_free(other);
        }
    }
}

static enum st_status refused(const st_cipher_spec *spec) {
    st_cipher *cipher = (st_cipher *)1;
    enum st_status status = st_cipher_new(&cipher, spec);
    CHECK(cipher == NULL);
    return status;
}

static void refused_specs(void) {
    setup s;
    CHECK(refused(NULL) == ST_ERR_ARGUMENT);
    CHECK(st_cipher_new(NULL, prepare(&s, ST_SM4, ST_ECB, ST_ENCRYPT, 0, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, 0, ST_ECB, ST_ENCRYPT, 0, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, ST_AES + 1, ST_ECB, ST_ENCRYPT, 0, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, ST_AES, ST_ECB - 1, ST_ENCRYPT, 0, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, ST_AES, ST_CTR + 1, ST_ENCRYPT, 0, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, ST_AES, ST_ECB, 0, 0, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, ST_AES, ST_ECB, ST_ENCRYPT, 2, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, ST_AES, ST_OFB, ST_ENCRYPT, ST_PKCS7, 16)) == ST_ERR_ARGUMENT);
    CHECK(refused(prepare(&s, ST_DES3, ST_CTR, ST_ENCRYPT, 0, 24)) == ST_ERR_NOT_SUPPORTED);
    for (int algorithm = ST_SM4; algorithm <= ST_AES; algorithm++) {
        for (size_t key_len = 0; key_len <= 33; key_len++) {
            if (!st_cipher_takes_key_len(algorithm, key_len)) {
                CHECK(refused(prepare(&s, algorithm, ST_ECB, ST_ENCRYPT, 0, key_len)) == ST_ERR_KEY_LEN);
            }
        }
    }
    prepare(&s, ST_SM4, ST_CBC, ST_ENCRYPT, 0, 16);
    s.spec.iv_len = 15;
    CHECK(refused(&s.spec) == ST_ERR_ARGUMENT);
    s.spec.iv_len = 16;
    s.spec.iv = NULL;
    CHECK(refused(&s.spec) == ST_ERR_ARGUMENT);
    prepare(&s, ST_SM4, ST_CFB, ST_ENCRYPT, 0, 16);
    s.spec.feedback_bits = 64;
    CHECK(refused(&s.spec) == ST_ERR_NOT_SUPPORTED);
    s.spec.key = NULL;
    CHECK(refused(&s.spec) == ST_ERR_ARGUMENT);
}

static void misuse(void) {
    uint8_t out[16], in[16] = {0};
    size_t len = sizeof out;
    setup s;
    st_cipher *cipher = NULL;
    CHECK(st_cipher_new(&cipher, prepare(&s, ST_SM4, ST_CBC, ST_ENCRYPT, 0, 16)) == ST_OK);
    CHECK(st_cipher_update(NULL, out, &len, in, 1) == ST_ERR_ARGUMENT);
    CHECK(st_cipher_update(cipher, out, NULL, in, 1) == ST_ERR_ARGUMENT);
    CHECK(st_cipher_update(cipher, out, &len, NULL, 1) == ST_ERR_ARGUMENT);
    CHECK(st_cipher_update(cipher, NULL, &len, in, SIZE_MAX) == ST_ERR_ARGUMENT);
    CHECK(st_cipher_final(NULL, out, &len) == ST_ERR_ARGUMENT && st_cipher_final(cipher, out, NULL) == ST_ERR_ARGUMENT);
    len = sizeof out;
    CHECK(st_cipher_update(cipher, out, &len, in, 3) == ST_OK && len == 0);
    CHECK(st_cipher_final(cipher, out, &len) == ST_ERR_INPUT_LEN);
    CHECK(st_cipher_final(cipher, out, &len) == ST_ERR_STATE && st_cipher_final(cipher, NULL, &len) == ST_ERR_STATE);
    CHECK(st_cipher_crypt(cipher, out, &len, in, 16) == ST_ERR_STATE);
    st_cipher_free(cipher);
    st_cipher_free(NULL);
}

int main(void) {
    published_examples();
    every_piece();
    every_room(ST_SM4);
    final_again();
    wrong_padding(ST_SM4, 16);
    overlapping(ST_SM4, ST_CBC);
    if (st_libcrypto_available()) {
        two_key_triple_des();
        every_room(ST_DES3);
        wrong_padding(ST_AES, 32);
        wrong_padding(ST_DES, 8);
        overlapping(ST_AES, ST_CBC);
        overlapping(ST_AES, ST_CTR);
    } else {
        leave_out("no libcrypto: DES, 3DES and AES");
    }
    refused_specs();
    misuse();
    return finish();
}
