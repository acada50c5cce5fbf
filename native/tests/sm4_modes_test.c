/* The streaming modes of SM4 on every backend. */
#include "sm4_testing.h"

enum { MAX_LEN = 300, ROOM = MAX_LEN + 2 * BLOCK };

static const int modes[] = {GMPKI_SM4_ECB, GMPKI_SM4_CBC, GMPKI_SM4_CFB128, GMPKI_SM4_CFB8,
                            GMPKI_SM4_OFB, GMPKI_SM4_CTR, GMPKI_SM4_BC,     GMPKI_SM4_OFBNLF};
enum { MODE_COUNT = sizeof modes / sizeof modes[0] };

static uint8_t key[BLOCK], iv[BLOCK], message[2048];

static int whole_blocks(int mode) {
    return mode == GMPKI_SM4_ECB || mode == GMPKI_SM4_CBC || mode == GMPKI_SM4_BC || mode == GMPKI_SM4_OFBNLF;
}

static int start(gmpki_sm4_ctx *ctx, int mode, int direction, int padding) {
    return gmpki_sm4_init(ctx, mode, direction, padding, key, iv, mode == GMPKI_SM4_ECB ? 0 : BLOCK);
}

/* A whole message in pieces of piece_len bytes; gives the status of final. */
static int run(int mode, int direction, int padding, uint8_t *out, size_t out_size, size_t *out_len, const uint8_t *in,
               size_t in_len, size_t piece_len) {
    gmpki_sm4_ctx ctx;
    size_t total = 0, len = 0;
    CHECK(start(&ctx, mode, direction, padding) == GMPKI_OK);
    for (size_t done = 0; done < in_len;) {
        size_t now = in_len - done < piece_len ? in_len - done : piece_len;
        CHECK(gmpki_sm4_update(&ctx, out + total, out_size - total, &len, in + done, now) == GMPKI_OK);
        CHECK(len <= now + BLOCK - 1);
        total += len;
        done += now;
    }
    int status = gmpki_sm4_final(&ctx, out + total, out_size - total, &len);
    CHECK(all_zero(&ctx, sizeof ctx));
    *out_len = total + len;
    return status;
}

/* draft-ribose-cfrg-sm4-10, A.2: both examples of each mode. GB/T 17964-2021: BC and OFBNLF. */
static void test_published(void) {
    static const char two_blocks[] = "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffaaaaaaaabbbbbbbb";
    static const char eight_blocks[] = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
                                       "eeeeeeeeeeeeeeeeffffffffffffffffaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb";
    static const char gb_message[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                     "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    static const char first_key[] = "0123456789abcdeffedcba9876543210";
    static const char second_key[] = "fedcba98765432100123456789abcdef";
    static const char gb_key[] = "2b7e151628aed2a6abf7158809cf4f3c";
    static const struct {
        int mode;
        const char *key, *plain, *cipher;
    } rows[] = {
        {GMPKI_SM4_ECB, first_key, two_blocks, "5ec8143de509cff7b5179f8f474b86192f1d305a7fb17df985f81c8482192304"},
        {GMPKI_SM4_ECB, second_key, two_blocks, "c5876897e4a59bbba72a10c83872245b12dd90bc2d200692b529a4155ac9e600"},
        {GMPKI_SM4_CBC, first_key, two_blocks, "78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d"},
        {GMPKI_SM4_CBC, second_key, two_blocks, "0d3a6ddc2d21c698857215587b7bb59a91f2c147911a4144665e1fa1d40bae38"},
        {GMPKI_SM4_OFB, first_key, two_blocks, "ac3236cb861dd316e6413b4e3c7524b71d01aca2487ca582cbf5463e6698539b"},
        {GMPKI_SM4_OFB, second_key, two_blocks, "5dcccd25a84ba16560d7f2658870684933fa16bd5cd9c856cacaa1e101897a97"},
        {GMPKI_SM4_CFB128, first_key, two_blocks, "ac3236cb861dd316e6413b4e3c7524b769d4c54ed433b9a0346009beb37b2b3f"},
        {GMPKI_SM4_CFB128, second_key, two_blocks, "5dcccd25a84ba16560d7f265887068490d9b86ff20c3bfe115ffa02ca6192cc5"},
        {GMPKI_SM4_CTR, first_key, eight_blocks,
         "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7"
         "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514"},
        {GMPKI_SM4_CTR, second_key, eight_blocks,
         "5dcccd25b95ab07417a08512ee160e2f8f661521cbbab44cc87138445bc29e5c"
         "0ae0297205d62704173b21239b887f6c8cb5b800917a2488284bde9e16ea2906"},
        {GMPKI_SM4_BC, gb_key, gb_message,
         "ac529af989a62fce9cddc5ffb84125cafb8cde77339ffe481d113c40bbd5b678"
         "6ffc9916f98f94ff12d78319707e240428718707605bc1eac503153ebaa0fb1d"},
        {GMPKI_SM4_OFBNLF, gb_key, gb_message,
         "00a5b5c9e645557c20ce7f267736f308a18037828850b9d78883ca622851f86c"
         "b7caefdfb6d4caba6ae2d2fce369ceb31001dd71fdda9341f8d221cb720ff27b"},
    };
    for (size_t i = 0; i < BLOCK; i++) {
        iv[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t plain[128], out[160];
        size_t len = 0, plain_len = unhex(plain, rows[i].plain);
        unhex(key, rows[i].key);
        CHECK(run(rows[i].mode, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &len, plain, plain_len,
                  plain_len) == GMPKI_OK);
        CHECK(equals_hex(out, len, rows[i].cipher));
        CHECK(run(rows[i].mode, GMPKI_SM4_DECRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &len, out, len, len) ==
              GMPKI_OK);
        CHECK(len == plain_len && memcmp(out, plain, len) == 0);
    }
}

static void xor_block(uint8_t *out, const uint8_t *a, const uint8_t *b) {
    for (size_t i = 0; i < BLOCK; i++) {
        out[i] = a[i] ^ b[i];
    }
}

static void increment(uint8_t counter[BLOCK]) {
    size_t i = BLOCK;
    do {
        i--;
        counter[i]++;
    } while (counter[i] == 0 && i != 0);
}

/* Encryption as GB/T 17964-2021 defines it, a block (a byte in CFB8) at a time. len is whole blocks for block modes. */
static void model_encrypt(int mode, uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t chain[BLOCK], stream[BLOCK], block[BLOCK];
    memcpy(chain, iv, BLOCK);
    for (size_t i = 0; i < len; i += mode == GMPKI_SM4_CFB8 ? 1 : BLOCK) {
        size_t now = mode == GMPKI_SM4_CFB8 ? 1 : len - i < BLOCK ? len - i : BLOCK;
        memset(block, 0, BLOCK);
        memcpy(block, in + i, now);
        if (mode == GMPKI_SM4_ECB) {
            model_block(key, GMPKI_SM4_ENCRYPT, block, block);
        } else if (mode == GMPKI_SM4_CBC || mode == GMPKI_SM4_BC) {
            xor_block(block, block, chain);
            model_block(key, GMPKI_SM4_ENCRYPT, block, block);
            if (mode == GMPKI_SM4_BC) {
                xor_block(chain, chain, block);
            } else {
                memcpy(chain, block, BLOCK);
            }
        } else if (mode == GMPKI_SM4_OFBNLF) {
            model_block(key, GMPKI_SM4_ENCRYPT, chain, chain);
            model_block(chain, GMPKI_SM4_ENCRYPT, block, block);
        } else {
            model_block(key, GMPKI_SM4_ENCRYPT, stream, chain);
            xor_block(block, block, stream);
            if (mode == GMPKI_SM4_CTR) {
                increment(chain);
            } else if (mode == GMPKI_SM4_OFB) {
                memcpy(chain, stream, BLOCK);
            } else if (mode == GMPKI_SM4_CFB128) {
                memcpy(chain, block, BLOCK);
            } else {
                memmove(chain, chain + 1, BLOCK - 1);
                chain[BLOCK - 1] = block[0];
            }
        }
        memcpy(out + i, block, now);
    }
}

/* Each mode at each length against its definition: at once and in pieces, both ways, in place, with padding. */
static void test_every_length(void) {
    static const size_t pieces[] = {1, 7, 16, 33, MAX_LEN};
    uint8_t expected[ROOM], out[ROOM];
    for (size_t m = 0; m < MODE_COUNT; m++) {
        int mode = modes[m];
        for (size_t len = 0; len <= MAX_LEN; len++) {
            size_t piece = pieces[len % (sizeof pieces / sizeof pieces[0])], got = 0;
            if (!whole_blocks(mode) || len % BLOCK == 0) {
                model_encrypt(mode, expected, message, len);
                CHECK(run(mode, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, message, len, piece) ==
                      GMPKI_OK);
                CHECK(got == len && memcmp(out, expected, len) == 0);
                CHECK(run(mode, GMPKI_SM4_DECRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, expected, len, piece) ==
                      GMPKI_OK);
                CHECK(got == len && memcmp(out, message, len) == 0);
                memcpy(out, message, len);
                CHECK(run(mode, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, out, len, MAX_LEN) ==
                      GMPKI_OK);
                CHECK(memcmp(out, expected, len) == 0);
                CHECK(run(mode, GMPKI_SM4_DECRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, out, len, MAX_LEN) ==
                      GMPKI_OK);
                CHECK(memcmp(out, message, len) == 0);
            } else {
                CHECK(run(mode, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, message, len, piece) ==
                      GMPKI_ERR_PADDING);
            }
            if (whole_blocks(mode)) {
                uint8_t padded[ROOM];
                size_t pad = BLOCK - len % BLOCK;
                memcpy(padded, message, len);
                memset(padded + len, (int)pad, pad);
                model_encrypt(mode, expected, padded, len + pad);
                CHECK(run(mode, GMPKI_SM4_ENCRYPT, GMPKI_SM4_PKCS7, out, sizeof out, &got, message, len, piece) ==
                      GMPKI_OK);
                CHECK(got == len + pad && memcmp(out, expected, got) == 0);
                CHECK(run(mode, GMPKI_SM4_DECRYPT, GMPKI_SM4_PKCS7, out, sizeof out, &got, expected, got, piece) ==
                      GMPKI_OK);
                CHECK(got == len && memcmp(out, message, len) == 0);
            }
        }
    }
}

/* Batches of the parallel modes: more than 64 blocks, in two uneven pieces. */
static void test_long(void) {
    static uint8_t expected[sizeof message], out[sizeof message + BLOCK];
    for (size_t m = 0; m < MODE_COUNT; m++) {
        size_t got = 0;
        model_encrypt(modes[m], expected, message, sizeof message);
        CHECK(run(modes[m], GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, message, sizeof message,
                  1100) == GMPKI_OK);
        CHECK(got == sizeof message && memcmp(out, expected, got) == 0);
        CHECK(run(modes[m], GMPKI_SM4_DECRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, out, got, got) == GMPKI_OK);
        CHECK(memcmp(out, message, got) == 0);
    }
}

/* The counter is one number of 128 bits: every carry, and the wrap to zero. */
static void test_counter_carry(void) {
    uint8_t expected[70 * BLOCK], out[70 * BLOCK]; /* more than the widest kernel takes at once */
    for (size_t ones = 1; ones <= BLOCK; ones++) {
        size_t got = 0;
        memset(iv, 0x3C, BLOCK);
        memset(iv + BLOCK - ones, 0xFF, ones);
        iv[BLOCK - 1] = 0xFB;
        model_encrypt(GMPKI_SM4_CTR, expected, message, sizeof out);
        CHECK(run(GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, out, sizeof out, &got, message, sizeof out,
                  sizeof out) == GMPKI_OK);
        CHECK(memcmp(out, expected, sizeof out) == 0);
    }
}

/* Every padding of one block: right for 1 .. 16 and all those bytes equal, else one answer and no byte. */
static void test_padding_check(void) {
    for (unsigned last = 0; last < 256; last++) {
        for (size_t wrong = 0; wrong < BLOCK; wrong++) {
            uint8_t block[2 * BLOCK], out[2 * BLOCK];
            size_t got = 0;
            memcpy(block, message, BLOCK);
            memset(block + BLOCK, (int)last, BLOCK);
            /* wrong 0: nothing is; else the byte at that distance from the end. */
            block[2 * BLOCK - 1 - wrong] ^= wrong == 0 ? 0 : 0x40;
            int right = last >= 1 && last <= BLOCK && (wrong == 0 || wrong >= last);
            model_encrypt(GMPKI_SM4_CBC, block, block, sizeof block);
            int status = run(GMPKI_SM4_CBC, GMPKI_SM4_DECRYPT, GMPKI_SM4_PKCS7, out, sizeof out, &got, block,
                             sizeof block, sizeof block);
            CHECK(status == (right ? GMPKI_OK : GMPKI_ERR_DECRYPT));
            CHECK(got == (right ? sizeof block - last : BLOCK));
        }
    }
    uint8_t out[2 * BLOCK];
    size_t got = 0;
    CHECK(run(GMPKI_SM4_CBC, GMPKI_SM4_DECRYPT, GMPKI_SM4_PKCS7, out, sizeof out, &got, message, 0, 1) ==
          GMPKI_ERR_DECRYPT);
    CHECK(run(GMPKI_SM4_CBC, GMPKI_SM4_DECRYPT, GMPKI_SM4_PKCS7, out, sizeof out, &got, message, 17, 17) ==
          GMPKI_ERR_DECRYPT);
}

static void test_init_errors(void) {
    gmpki_sm4_ctx ctx;
    CHECK(gmpki_sm4_init(NULL, GMPKI_SM4_CBC, 0, 0, key, iv, BLOCK) == GMPKI_ERR_ARGUMENT);
    memset(&ctx, 1, sizeof ctx);
    CHECK(gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, 0, 0, NULL, iv, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, 0, 0, key, NULL, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_init(&ctx, 8, 0, 0, key, iv, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_init(&ctx, -1, 0, 0, key, iv, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, 2, 0, key, iv, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, 0, 2, key, iv, BLOCK) == GMPKI_ERR_ARGUMENT);
    for (size_t m = 0; m < MODE_COUNT; m++) {
        size_t right = modes[m] == GMPKI_SM4_ECB ? 0 : BLOCK;
        CHECK(gmpki_sm4_init(&ctx, modes[m], 0, GMPKI_SM4_PKCS7, key, iv, right) ==
              (whole_blocks(modes[m]) ? GMPKI_OK : GMPKI_ERR_ARGUMENT));
        CHECK(gmpki_sm4_init(&ctx, modes[m], 0, 0, key, iv, right + 1) == GMPKI_ERR_LENGTH);
        CHECK(gmpki_sm4_init(&ctx, modes[m], 0, 0, key, iv, BLOCK - right) == GMPKI_ERR_LENGTH);
        CHECK(all_zero(&ctx, sizeof ctx));
    }
}

static void test_running_errors(void) {
    gmpki_sm4_ctx ctx;
    uint8_t out[64];
    size_t len = 1;
    memset(&ctx, 0, sizeof ctx);
    CHECK(gmpki_sm4_update(&ctx, out, sizeof out, &len, message, 16) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_final(&ctx, out, sizeof out, &len) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_final(NULL, out, sizeof out, &len) == GMPKI_ERR_ARGUMENT);
    CHECK(start(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_PKCS7) == GMPKI_OK);
    CHECK(gmpki_sm4_update(NULL, out, sizeof out, &len, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_update(&ctx, out, sizeof out, NULL, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_update(&ctx, NULL, sizeof out, &len, message, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_update(&ctx, out, sizeof out, &len, NULL, 16) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_update(&ctx, out, 15, &len, message, 16) == GMPKI_ERR_BUFFER && len == 0);
    /* Nothing was consumed: the same 16 bytes are still the first. */
    CHECK(gmpki_sm4_update(&ctx, out, 16, &len, message, 16) == GMPKI_OK && len == 16);
    uint8_t expected[BLOCK];
    model_encrypt(GMPKI_SM4_CBC, expected, message, BLOCK);
    CHECK(memcmp(out, expected, BLOCK) == 0);
    CHECK(gmpki_sm4_update(&ctx, NULL, 0, &len, message, 15) == GMPKI_OK && len == 0);
    CHECK(gmpki_sm4_final(&ctx, out, 15, &len) == GMPKI_ERR_BUFFER && len == 0);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(start(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_PKCS7) == GMPKI_OK);
    CHECK(gmpki_sm4_final(&ctx, out, sizeof out, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(start(&ctx, GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING) == GMPKI_OK);
    CHECK(gmpki_sm4_update(&ctx, out, 1, &len, message, 1) == GMPKI_OK);
    CHECK(gmpki_sm4_update(&ctx, out, sizeof out, &len, message, SIZE_MAX) == GMPKI_ERR_LIMIT);
    gmpki_sm4_clear(&ctx);
    CHECK(all_zero(&ctx, sizeof ctx));
    gmpki_sm4_clear(NULL);
}

static void tests(void) {
    test_published();
    fill_reversed(key, sizeof key);
    fill_pattern(iv, sizeof iv);
    fill_pattern(message, sizeof message);
    test_every_length();
    test_long();
    test_padding_check();
    test_init_errors();
    test_running_errors();
    test_counter_carry();
}

int main(void) {
    on_every_backend(GMPKI_SM4, tests);
    return finish();
}
