/* Batches of SM3, HMAC-SM3 and PBKDF2, and the kernels under them: beside one message at a time and portable code. */
#include <stdlib.h>

#include "check.h"
#include "common/backend.h"
#include "gmpki/kdf.h"
#include "gmpki/sm3.h"
#include "pattern.h"
#include "sm3/sm3.h"

enum { MAX_COUNT = 40, MAX_LEN = 300, LONG_LEN = 40 * 64, DIGEST = GMPKI_SM3_DIGEST_LEN, ROUNDS = 300 };

static uint8_t data[MAX_COUNT][LONG_LEN];
static const uint8_t *messages[MAX_COUNT];
static size_t lens[MAX_COUNT];
static uint8_t digests[MAX_COUNT][DIGEST];

/* Reproducible lengths and bytes: a linear congruence. */
static uint32_t random_state = 1;

static uint32_t next_random(uint32_t below) {
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)random_state * below >> 32);
}

static void make_messages(void) {
    for (size_t i = 0; i < MAX_COUNT; i++) {
        for (size_t k = 0; k < LONG_LEN; k++) {
            data[i][k] = (uint8_t)next_random(256);
        }
        messages[i] = data[i];
    }
}

/* The digest of one message by the portable compression function, padded here: no code of the batch is in it. */
static void portable_digest(uint8_t digest[DIGEST], const uint8_t *head, size_t head_len, const uint8_t *message,
                            size_t len) {
    static uint8_t padded[2 * LONG_LEN];
    uint32_t state[8];
    size_t total = head_len + len;
    size_t blocks = (total + 9 + 63) / 64;
    memset(padded, 0, sizeof padded);
    if (head_len != 0) { /* head may be NULL then */
        memcpy(padded, head, head_len);
    }
    memcpy(padded + head_len, message, len);
    padded[total] = 0x80;
    for (int i = 0; i < 8; i++) {
        padded[64 * blocks - 1 - (size_t)i] = (uint8_t)((uint64_t)total * 8 >> (8 * i));
    }
    memcpy(state, sm3_initial_value, sizeof state);
    sm3_portable.compress(state, padded, blocks);
    sm3_store_state(digest, state);
}

/* How many of the first count digests are not those of their messages after head. */
static unsigned wrong_digests(const uint8_t *head, size_t head_len, size_t count) {
    uint8_t expected[DIGEST];
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++) {
        portable_digest(expected, head, head_len, messages[i], lens[i]);
        wrong += memcmp(expected, digests[i], DIGEST) != 0;
    }
    return wrong;
}

static unsigned batch_is_wrong(const uint8_t *head, size_t head_len, size_t count) {
    gmpki_sm3_ctx prefix;
    memset(digests, 0xEE, sizeof digests);
    int failed = gmpki_sm3_init(&prefix) != GMPKI_OK || gmpki_sm3_update(&prefix, head, head_len) != GMPKI_OK;
    failed |= gmpki_sm3_batch(digests[0], head_len == 0 ? NULL : &prefix, messages, lens, count) != GMPKI_OK;
    /* What stands behind the last digest is not touched. */
    for (size_t i = count; i < MAX_COUNT; i++) {
        failed |= digests[i][0] != 0xEE;
    }
    return wrong_digests(head, head_len, count) + (failed != 0);
}

/* Every length 0 .. 300 at each place among others of other lengths. */
static void every_length_and_place(void) {
    for (size_t len = 0; len <= MAX_LEN; len++) {
        unsigned wrong = 0;
        size_t count = SM3_MAX_LANES + 3;
        for (size_t place = 0; place < count; place += len % 7 == 0 ? 1 : 5) {
            for (size_t i = 0; i < count; i++) {
                lens[i] = i == place ? len : (i * 61 + len) % MAX_LEN;
            }
            wrong += batch_is_wrong(NULL, 0, count);
        }
        CHECK(wrong == 0);
    }
}

/* Every count 0 .. 40: of one length, which ends all lanes together, and of many. */
static void every_count(void) {
    for (size_t count = 0; count <= MAX_COUNT; count++) {
        unsigned wrong = 0;
        for (size_t len = 0; len <= 2 * 64; len += len % 64 == 54 ? 1 : 9) {
            for (size_t i = 0; i < count; i++) {
                lens[i] = len;
            }
            wrong += batch_is_wrong(NULL, 0, count);
        }
        for (size_t i = 0; i < count; i++) {
            lens[i] = (i * i * 37) % LONG_LEN;
        }
        wrong += batch_is_wrong(NULL, 0, count);
        CHECK(wrong == 0);
    }
}

/* A running hash of every length in front; a head of whole blocks has nothing in its buffer. */
static void every_prefix(void) {
    for (size_t head_len = 1; head_len <= 130; head_len++) {
        for (size_t i = 0; i < MAX_COUNT; i++) {
            lens[i] = (i * 29 + head_len) % 200;
        }
        lens[0] = 64 - head_len % 64;
        lens[1] = lens[0] - 1;
        lens[2] = 0;
        CHECK(batch_is_wrong(data[MAX_COUNT - 1], head_len, 20) == 0);
    }
}

/* Random counts, lengths and prefixes; long messages among short ones. */
static void random_batches(void) {
    unsigned wrong = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = next_random(MAX_COUNT + 1);
        for (size_t i = 0; i < count; i++) {
            lens[i] = next_random(next_random(8) == 0 ? LONG_LEN : MAX_LEN);
            messages[i] = data[next_random(MAX_COUNT)];
        }
        wrong += batch_is_wrong(data[0], next_random(2) * next_random(200), count);
    }
    for (size_t i = 0; i < MAX_COUNT; i++) {
        messages[i] = data[i];
    }
    CHECK(wrong == 0);
}

/* The compression function itself, from random states, for every number of blocks that its loops tell apart. */
static void kernels(void) {
    const sm3_backend *backend = (const sm3_backend *)backend_current(GMPKI_SM3);
    for (size_t count = 0; count <= LONG_LEN / 64; count++) {
        unsigned wrong = 0;
        for (int round = 0; round < 20; round++) {
            uint32_t state[8];
            uint32_t expected[8];
            for (int i = 0; i < 8; i++) {
                expected[i] = state[i] = next_random(UINT32_MAX);
            }
            const uint8_t *blocks = data[next_random(MAX_COUNT)];
            backend->compress(state, blocks, count);
            sm3_portable.compress(expected, blocks, count);
            wrong += memcmp(state, expected, sizeof state) != 0;
        }
        CHECK(wrong == 0);
    }
}

/* Lanes, from random states; words of all ones and zeros as well, where carries run farthest. */
static void lane_kernels(void) {
    const sm3_backend *backend = (const sm3_backend *)backend_current(GMPKI_SM3);
    for (size_t used = 1; used <= backend->lanes; used++) {
        unsigned wrong = 0;
        for (int round = 0; round < 40; round++) {
            sm3_lanes lanes;
            sm3_lanes by_words;
            sm3_lane_blocks words;
            uint8_t blocks[SM3_MAX_LANES][2 * 64];
            const uint8_t *pointers[SM3_MAX_LANES];
            size_t count = round % 2 == 0 ? 1 : 2;
            for (size_t l = 0; l < SM3_MAX_LANES; l++) {
                for (size_t k = 0; k < sizeof blocks[l]; k++) {
                    blocks[l][k] = (uint8_t)(round % 5 == 0 ? 0 - next_random(2) : next_random(256));
                }
                for (size_t i = 0; i < 16; i++) {
                    const uint8_t *p = blocks[l] + 4 * i;
                    words.words[i][l] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
                }
                for (int i = 0; i < 8; i++) {
                    lanes.words[i][l] = round % 7 == 0 ? 0 - next_random(2) : next_random(UINT32_MAX);
                }
                pointers[l] = blocks[l];
            }
            sm3_lanes before = lanes;
            by_words = lanes;
            backend->compress_lanes(&lanes, pointers, count, used);
            backend->compress_words(&by_words, &words, used);
            for (size_t l = 0; l < used; l++) {
                uint32_t expected[8];
                for (int i = 0; i < 8; i++) {
                    expected[i] = before.words[i][l];
                }
                sm3_portable.compress(expected, blocks[l], 1);
                for (int i = 0; i < 8; i++) {
                    wrong += by_words.words[i][l] != expected[i];
                }
                sm3_portable.compress(expected, blocks[l] + 64, count - 1);
                for (int i = 0; i < 8; i++) {
                    wrong += lanes.words[i][l] != expected[i];
                }
            }
        }
        CHECK(wrong == 0);
    }
}

static void hmac_batches(void) {
    uint8_t expected[DIGEST];
    for (size_t count = 0; count <= MAX_COUNT; count++) {
        size_t key_len = count * 5 % 150;
        unsigned wrong = 0;
        for (size_t i = 0; i < count; i++) {
            lens[i] = (i * 53 + count) % MAX_LEN;
        }
        CHECK(gmpki_sm3_hmac_batch(digests[0], data[0], key_len, messages, lens, count) == GMPKI_OK);
        for (size_t i = 0; i < count; i++) {
            int failed = gmpki_sm3_hmac(expected, data[0], key_len, messages[i], lens[i]) != GMPKI_OK;
            wrong += failed || memcmp(expected, digests[i], DIGEST) != 0;
        }
        CHECK(wrong == 0);
    }
    /* RFC 4231's second key and text in several places; the value is OpenSSL's. */
    for (size_t i = 0; i < MAX_COUNT; i++) {
        messages[i] = (const uint8_t *)"what do ya want for nothing?";
        lens[i] = 28;
    }
    CHECK(gmpki_sm3_hmac_batch(digests[0], (const uint8_t *)"Jefe", 4, messages, lens, MAX_COUNT) == GMPKI_OK);
    for (size_t i = 0; i < MAX_COUNT; i++) {
        CHECK(equals_hex(digests[i], DIGEST, "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"));
        messages[i] = data[i];
    }
}

/* Keys of one part and of several; all keys of a batch are as if derived alone. */
static void pbkdf2_batches(void) {
    enum { MAX_KEY = 100 };
    static uint8_t keys[MAX_COUNT * MAX_KEY];
    static const uint8_t *salts[MAX_COUNT];
    static size_t salt_lens[MAX_COUNT];
    uint8_t expected[MAX_KEY];
    uint8_t t[DIGEST];
    uint8_t u[DIGEST];
    uint8_t salt[64];
    for (size_t count = 0; count <= MAX_COUNT; count += count < 4 ? 1 : 3) {
        size_t key_len = 1 + count * 31 % MAX_KEY;
        uint32_t iterations = 1 + (uint32_t)count % 5;
        unsigned wrong = 0;
        for (size_t i = 0; i < count; i++) {
            lens[i] = (i * 11) % 90;
            salts[i] = data[MAX_COUNT - 1 - i];
            salt_lens[i] = (i * 7) % 50;
        }
        CHECK(gmpki_sm3_pbkdf2_batch(keys, key_len, messages, lens, salts, salt_lens, iterations, count) == GMPKI_OK);
        for (size_t i = 0; i < count; i++) {
            /* RFC 8018 5.2 step by step, with HMAC. */
            for (size_t part = 0; part * DIGEST < key_len; part++) {
                size_t part_len = key_len - part * DIGEST < DIGEST ? key_len - part * DIGEST : DIGEST;
                memcpy(salt, salts[i], salt_lens[i]);
                memset(salt + salt_lens[i], 0, 4);
                salt[salt_lens[i] + 3] = (uint8_t)(part + 1);
                int failed = gmpki_sm3_hmac(u, messages[i], lens[i], salt, salt_lens[i] + 4) != GMPKI_OK;
                memcpy(t, u, sizeof t);
                for (uint32_t n = 1; n < iterations; n++) {
                    failed |= gmpki_sm3_hmac(u, messages[i], lens[i], u, sizeof u) != GMPKI_OK;
                    for (size_t k = 0; k < sizeof t; k++) {
                        t[k] ^= u[k];
                    }
                }
                memcpy(expected + part * DIGEST, t, part_len);
                wrong += failed != 0;
            }
            wrong += memcmp(expected, keys + i * key_len, key_len) != 0;
        }
        CHECK(wrong == 0);
    }
}

static void values(void) {
    random_state = 1;
    make_messages();
    kernels();
    lane_kernels();
    every_length_and_place();
    every_count();
    every_prefix();
    random_batches();
    hmac_batches();
    pbkdf2_batches();
}

/* Whether a batch of two answered with that status and zeroed both digests. */
static int refused(int status, int expected) {
    int zeroed = all_zero(digests, 2 * sizeof digests[0]);
    memset(digests, 1, sizeof digests);
    return status == expected && zeroed;
}

static void misuse(void) {
    gmpki_sm3_ctx prefix;
    const uint8_t *missing[2] = {data[0], NULL};
    static const size_t ones[2] = {1, 1};
    static const size_t none[2] = {1, 0};
    memset(digests, 1, sizeof digests);
    memset(&prefix, 0, sizeof prefix);
    CHECK(gmpki_sm3_batch(NULL, NULL, messages, ones, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_batch(digests[0], NULL, messages, ones, SIZE_MAX / 16) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm3_batch(NULL, NULL, NULL, NULL, 0) == GMPKI_OK);
    CHECK(refused(gmpki_sm3_batch(digests[0], NULL, NULL, ones, 2), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_batch(digests[0], NULL, messages, NULL, 2), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_batch(digests[0], NULL, missing, ones, 2), GMPKI_ERR_ARGUMENT));
    CHECK(gmpki_sm3_batch(digests[0], NULL, missing, none, 2) == GMPKI_OK);
    CHECK(equals_hex(digests[1], DIGEST, "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"));
    CHECK(refused(gmpki_sm3_batch(digests[0], &prefix, messages, ones, 2), GMPKI_ERR_STATE));
    CHECK(gmpki_sm3_init(&prefix) == GMPKI_OK);
    prefix.total_len = SM3_MAX_LEN;
    CHECK(refused(gmpki_sm3_batch(digests[0], &prefix, messages, ones, 2), GMPKI_ERR_LIMIT));
    CHECK(gmpki_sm3_hmac_batch(NULL, data[0], 3, messages, ones, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(refused(gmpki_sm3_hmac_batch(digests[0], NULL, 3, messages, ones, 2), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_hmac_batch(digests[0], data[0], 3, missing, ones, 2), GMPKI_ERR_ARGUMENT));
    CHECK(gmpki_sm3_hmac_batch(digests[0], NULL, 0, messages, ones, 2) == GMPKI_OK);
    CHECK(gmpki_sm3_pbkdf2_batch(NULL, 32, messages, ones, messages, ones, 1, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_pbkdf2_batch(digests[0], 0, messages, ones, messages, ones, 1, 2) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm3_pbkdf2_batch(digests[0], 32, messages, ones, messages, ones, 1, SIZE_MAX / 16) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm3_pbkdf2_batch(NULL, 32, NULL, NULL, NULL, NULL, 1, 0) == GMPKI_OK);
    memset(digests, 1, sizeof digests);
    CHECK(refused(gmpki_sm3_pbkdf2_batch(digests[0], 32, messages, ones, messages, ones, 0, 2), GMPKI_ERR_LENGTH));
    CHECK(refused(gmpki_sm3_pbkdf2_batch(digests[0], 32, missing, ones, messages, ones, 1, 2), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_pbkdf2_batch(digests[0], 32, messages, ones, missing, ones, 1, 2), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_pbkdf2_batch(digests[0], 32, messages, NULL, messages, ones, 1, 2), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_pbkdf2_batch(digests[0], 32, messages, ones, messages, NULL, 1, 2), GMPKI_ERR_ARGUMENT));
}

int main(void) {
    on_every_backend(GMPKI_SM3, values);
    misuse();
    return finish();
}
