/* gmpki_sm4_cbc_encrypt_batch against the single streams, on every backend. */
#include "sm4_testing.h"

enum { MAX_COUNT = 40, MAX_BLOCKS = 21, MAX_LEN = MAX_BLOCKS * BLOCK };

static gmpki_sm4_key expanded[MAX_COUNT];
static uint8_t raw[MAX_COUNT][BLOCK], ivs[MAX_COUNT][BLOCK];
static uint8_t messages[MAX_COUNT][MAX_LEN], expected[MAX_COUNT][MAX_LEN], made[MAX_COUNT][MAX_LEN + 1];
static const gmpki_sm4_key *keys[MAX_COUNT];
static const uint8_t *ins[MAX_COUNT];
static uint8_t *outs[MAX_COUNT];
static size_t lens[MAX_COUNT];

static void model(size_t i) {
    gmpki_sm4_ctx ctx;
    size_t len = 0;
    int right = gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, 0, raw[i], ivs[i], BLOCK) == GMPKI_OK &&
                gmpki_sm4_update(&ctx, expected[i], MAX_LEN, &len, messages[i], lens[i]) == GMPKI_OK && len == lens[i];
    CHECK(right);
    gmpki_sm4_clear(&ctx);
}

static void prepare(void) {
    for (size_t i = 0; i < MAX_COUNT; i++) {
        fill_reversed(raw[i], BLOCK);
        raw[i][3] ^= (uint8_t)i;
        fill_pattern(ivs[i], BLOCK);
        ivs[i][5] ^= (uint8_t)(3 * i);
        fill_pattern(messages[i], MAX_LEN);
        messages[i][0] ^= (uint8_t)(7 * i);
        CHECK(gmpki_sm4_key_init(&expanded[i], raw[i]) == GMPKI_OK);
        keys[i] = &expanded[i];
        ins[i] = messages[i];
        outs[i] = made[i];
    }
}

static void check_outputs(size_t count) {
    for (size_t i = 0; i < count; i++) {
        CHECK(memcmp(made[i], expected[i], lens[i]) == 0 && made[i][lens[i]] == 0xEE);
    }
}

/* Lengths by three rules: equal, falling and mixed with empty ones. */
static size_t chosen_blocks(size_t rule, size_t i) {
    return rule == 0 ? 5 : rule == 1 ? MAX_BLOCKS - i / 2 : 7 * i % (MAX_BLOCKS + 1);
}

static void test_counts(void) {
    for (size_t rule = 0; rule < 3; rule++) {
        for (size_t i = 0; i < MAX_COUNT; i++) {
            lens[i] = BLOCK * chosen_blocks(rule, i);
            model(i);
        }
        for (size_t count = 0; count <= MAX_COUNT; count++) {
            memset(made, 0xEE, sizeof made);
            CHECK(gmpki_sm4_cbc_encrypt_batch(keys, outs, ivs[0], ins, lens, count) == GMPKI_OK);
            check_outputs(count);
            CHECK(count == MAX_COUNT || made[count][0] == 0xEE);
        }
    }
}

static void test_in_place(void) {
    const uint8_t *in_places[MAX_COUNT];
    memset(made, 0xEE, sizeof made);
    for (size_t i = 0; i < MAX_COUNT; i++) {
        memcpy(made[i], messages[i], lens[i]);
        in_places[i] = made[i];
    }
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, outs, ivs[0], in_places, lens, MAX_COUNT) == GMPKI_OK);
    check_outputs(MAX_COUNT);
}

static void test_errors(void) {
    const gmpki_sm4_key *no_keys[2] = {keys[0], NULL};
    const uint8_t *no_ins[2] = {ins[0], NULL};
    uint8_t *no_outs[2] = {outs[0], NULL};
    size_t two[2] = {BLOCK, BLOCK}, odd[2] = {BLOCK, 17};
    CHECK(gmpki_sm4_cbc_encrypt_batch(NULL, NULL, NULL, NULL, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_sm4_cbc_encrypt_batch(NULL, outs, ivs[0], ins, two, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, NULL, ivs[0], ins, two, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, outs, NULL, ins, two, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, outs, ivs[0], NULL, two, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, outs, ivs[0], ins, NULL, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_encrypt_batch(no_keys, outs, ivs[0], ins, two, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, outs, ivs[0], no_ins, two, 2) == GMPKI_ERR_ARGUMENT);
    memset(made, 1, sizeof made);
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, no_outs, ivs[0], ins, two, 2) == GMPKI_ERR_ARGUMENT);
    CHECK(all_zero(made[0], BLOCK) && made[0][BLOCK] == 1);
    memset(made, 1, sizeof made);
    CHECK(gmpki_sm4_cbc_encrypt_batch(keys, outs, ivs[0], ins, odd, 2) == GMPKI_ERR_LENGTH);
    CHECK(all_zero(made[0], BLOCK) && all_zero(made[1], 17) && made[1][17] == 1);
}

static void tests(void) {
    prepare();
    test_counts();
    test_in_place();
    test_errors();
}

int main(void) {
    on_every_backend(GMPKI_SM4, tests);
    return finish();
}
