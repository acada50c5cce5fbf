/* The random source and the DRBG. Values of the DRBG are those of a model in Python integers over OpenSSL's SM3. */
#include "gmpki/rand.h"

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "common/random.h"
#include "gmpki/sm3.h"
#include "pattern.h"
#include "rand/drbg.h"

enum { ENTROPY_LEN = 32, NONCE_LEN = 16 };

static uint8_t pattern[GMPKI_DRBG_MAX_INPUT_LEN + 1];
static uint8_t out[GMPKI_DRBG_MAX_REQUEST_LEN + 1];

static void system_source(void) {
    uint8_t again[1000];
    memset(out, 0, sizeof again);
    CHECK(gmpki_random(out, sizeof again) == GMPKI_OK);
    CHECK(gmpki_random(again, sizeof again) == GMPKI_OK);
    CHECK(memcmp(out, again, sizeof again) != 0);
    CHECK(!all_zero(out + sizeof again - 16, 16));
    CHECK(gmpki_random(NULL, 0) == GMPKI_OK);
    CHECK(gmpki_random(NULL, 1) == GMPKI_ERR_ARGUMENT);
}

/* The inputs are those of two cases of the NIST CAVP Hash_DRBG file for SHA-256. */
static void drbg_values(void) {
    uint8_t entropy[ENTROPY_LEN], nonce[NONCE_LEN], fresh[ENTROPY_LEN], extra[32];
    gmpki_drbg drbg;
    unhex(entropy, "63363377e41e86468deb0ab4a8ed683f6a134e47e014c700454e81e95358a569");
    unhex(nonce, "808aa38f2a72a62359915a9f8a04ca68");
    unhex(fresh, "e62b8a8ee8f141b6980566e3bfe3c04903dad4ac2cdf9f2280010a6739bc83d3");
    CHECK(gmpki_drbg_init(&drbg, entropy, ENTROPY_LEN, nonce, NONCE_LEN, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_drbg_reseed(&drbg, fresh, ENTROPY_LEN, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_drbg_generate(&drbg, out, 32, NULL, 0) == GMPKI_OK);
    CHECK(equals_hex(out, 32, "8f3b97bc83c7a3a83fc9861c82d84bb862a6753b125482be718f55a039895b74"));
    CHECK(gmpki_drbg_generate(&drbg, out, 32, NULL, 0) == GMPKI_OK);
    CHECK(equals_hex(out, 32, "00d98d35a2fab8df23e9e1fb9aad143d62c0759eb79e15c37e8f2bc5064e68da"));

    unhex(entropy, "9cfb7ad03be487a3b42be06e9ae44f283c2b1458cec801da2ae6532fcb56cc4c");
    unhex(nonce, "a20765538e8db31295747ec922c13a69");
    CHECK(gmpki_drbg_init(&drbg, entropy, ENTROPY_LEN, nonce, NONCE_LEN, NULL, 0) == GMPKI_OK);
    CHECK(equals_hex(drbg.v, sizeof drbg.v,
                     "997cd31a7032c8643ca56de1d34ff4f930b13192e17c8947bcaf9b9d010cf79805511255c7ea18b41cde77e491ca9438"
                     "61ec29780f3f36"));
    unhex(fresh, "96bc8014f90ebdf690db0e171b59cc46c75e2e9b8e1dc699c65c03ceb2f4d7dc");
    unhex(extra, "6fea0894052dab3c44d503950c7c72bd7b87de87cb81d3bb51c32a62f742286d");
    CHECK(gmpki_drbg_reseed(&drbg, fresh, ENTROPY_LEN, extra, sizeof extra) == GMPKI_OK);
    unhex(extra, "d3467c78563b74c13db7af36c2a964820f2a9b1b167474906508fdac9b2049a6");
    CHECK(gmpki_drbg_generate(&drbg, out, 32, extra, sizeof extra) == GMPKI_OK);
    CHECK(equals_hex(out, 32, "8b0c52ee88fb558b9dc6f674bf1121f6f7975757c159c0c385e907613c76c465"));
    unhex(extra, "5840a11cc9ebf77b963854726a826370ffdb2fc2b3d8479e1df5dcfa3dddd10b");
    CHECK(gmpki_drbg_generate(&drbg, out, 32, extra, sizeof extra) == GMPKI_OK);
    CHECK(equals_hex(out, 32, "48709db5509a03d6131775fbbfe74fe52611e760d22fde61e274a295f4354d67"));
}

static void drbg_lengths(void) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    gmpki_drbg drbg;
    CHECK(gmpki_drbg_init(&drbg, pattern, 100, pattern, 33, pattern, 70) == GMPKI_OK);
    CHECK(gmpki_drbg_generate(&drbg, out, GMPKI_DRBG_MAX_REQUEST_LEN, pattern, 90) == GMPKI_OK);
    CHECK(gmpki_sm3_hash(digest, out, GMPKI_DRBG_MAX_REQUEST_LEN) == GMPKI_OK);
    CHECK(equals_hex(digest, sizeof digest, "a13f87d1dd1a123e5802c898461fd1b1cf12701ddea8705d59ae9e9f40d475fc"));
    CHECK(gmpki_drbg_reseed(&drbg, pattern, 64, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_drbg_generate(&drbg, out, 7, NULL, 0) == GMPKI_OK);
    CHECK(equals_hex(out, 7, "a8b51ec48d6fea"));

    /* Requests of 0 .. 99 bytes with 0 .. 4 bytes of additional input, one after the other. */
    size_t total = 0;
    CHECK(gmpki_drbg_init(&drbg, pattern, 100, pattern, 33, pattern, 70) == GMPKI_OK);
    for (size_t len = 0; len < 100; len++) {
        CHECK(gmpki_drbg_generate(&drbg, out + total, len, pattern, len % 5) == GMPKI_OK);
        total += len;
    }
    CHECK(gmpki_sm3_hash(digest, out, total) == GMPKI_OK);
    CHECK(equals_hex(digest, sizeof digest, "b964c48388484c3fc30fd265e06554bb29223f9fb223bc1e7532a78e5e1b0b2c"));
}

/* Every addition to V carries through all of its bytes. */
static void drbg_carries(void) {
    gmpki_drbg drbg;
    CHECK(gmpki_drbg_init(&drbg, pattern, ENTROPY_LEN, pattern, NONCE_LEN, NULL, 0) == GMPKI_OK);
    memset(drbg.v, 0xff, sizeof drbg.v);
    memset(drbg.c, 0xff, sizeof drbg.c);
    drbg.reseed_counter = GMPKI_DRBG_RESEED_INTERVAL;
    CHECK(gmpki_drbg_generate(&drbg, out, 64, NULL, 0) == GMPKI_OK);
    CHECK(equals_hex(out, 64,
                     "7b6f473806176e10d3493d4da28a889b5144aa440aa30662b13dd48f9357eca32cdce3d697af3716a9b3cdf068b43e51"
                     "3846e17cc9fd427929aad70165f21dda"));
    CHECK(equals_hex(drbg.v, sizeof drbg.v,
                     "0000000000000000000000000000000000000000000000413c7f00791192330ab908f26e7a1e2faf04ac38b9bc54f7c0"
                     "c19cbf9b0d77f0"));
}

static void intervals_of_callers_entropy(void) {
    gmpki_drbg drbg;
    CHECK(gmpki_drbg_init(&drbg, pattern, ENTROPY_LEN, pattern, NONCE_LEN, NULL, 0) == GMPKI_OK);
    drbg.reseed_counter = GMPKI_DRBG_RESEED_INTERVAL;
    CHECK(gmpki_drbg_generate(&drbg, out, 33, NULL, 0) == GMPKI_OK && !all_zero(out, 33));
    CHECK(gmpki_drbg_generate(&drbg, out, 33, NULL, 0) == GMPKI_ERR_LIMIT && all_zero(out, 33));
    CHECK(gmpki_drbg_reseed(&drbg, pattern, ENTROPY_LEN, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_drbg_generate(&drbg, out, 33, NULL, 0) == GMPKI_OK);

    drbg_test_clock_ahead_s = GMPKI_DRBG_RESEED_INTERVAL_S - 60;
    CHECK(gmpki_drbg_generate(&drbg, out, 1, NULL, 0) == GMPKI_OK);
    drbg_test_clock_ahead_s = GMPKI_DRBG_RESEED_INTERVAL_S + 1;
    CHECK(gmpki_drbg_generate(&drbg, out, 1, NULL, 0) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_drbg_reseed(&drbg, pattern, ENTROPY_LEN, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_drbg_generate(&drbg, out, 1, NULL, 0) == GMPKI_OK);
    drbg_test_clock_ahead_s = 0;
}

/* What a generator that does not seed itself anew puts out next. The counter has no part in it. */
static void foresee(const gmpki_drbg *drbg, uint8_t next[32]) {
    gmpki_drbg copy = *drbg;
    copy.system_seeded = 0;
    copy.reseed_counter = 1;
    CHECK(gmpki_drbg_generate(&copy, next, 32, NULL, 0) == GMPKI_OK);
}

static int puts_out(gmpki_drbg *drbg, const uint8_t next[32]) {
    CHECK(gmpki_drbg_generate(drbg, out, 32, NULL, 0) == GMPKI_OK);
    return memcmp(out, next, 32) == 0;
}

static void system_seeded_generator(void) {
    uint8_t next[32];
    gmpki_drbg drbg, other;
    CHECK(gmpki_drbg_init_system(&drbg, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_drbg_init_system(&other, NULL, 0) == GMPKI_OK);
    foresee(&drbg, next);
    CHECK(!puts_out(&other, next));
    CHECK(puts_out(&drbg, next));

    foresee(&drbg, next);
    drbg.reseed_counter = GMPKI_DRBG_RESEED_INTERVAL;
    CHECK(puts_out(&drbg, next));
    foresee(&drbg, next);
    CHECK(!puts_out(&drbg, next) && drbg.reseed_counter == 2);

    foresee(&drbg, next);
    drbg_test_clock_ahead_s = GMPKI_DRBG_RESEED_INTERVAL_S + 1;
    CHECK(!puts_out(&drbg, next));
    foresee(&drbg, next);
    CHECK(puts_out(&drbg, next));
    drbg_test_clock_ahead_s = 0;
}

static void fork_seeds_anew(void) {
    uint8_t next[32];
    gmpki_drbg drbg;
    CHECK(gmpki_drbg_init_system(&drbg, pattern, 10) == GMPKI_OK);
    foresee(&drbg, next);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int repeats_parent = puts_out(&drbg, next);
        foresee(&drbg, next);
        int goes_on = puts_out(&drbg, next);
        _exit(repeats_parent || !goes_on || checks_failed != 0);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(puts_out(&drbg, next));

    /* The caller's entropy does not make a child's generator its own. */
    uint64_t parent = drbg.process_id;
    drbg.process_id = parent + 1;
    CHECK(gmpki_drbg_reseed(&drbg, pattern, ENTROPY_LEN, NULL, 0) == GMPKI_OK);
    foresee(&drbg, next);
    CHECK(!puts_out(&drbg, next) && drbg.process_id == parent);
}

static void failing_source(void) {
    gmpki_drbg drbg, fresh;
    CHECK(gmpki_drbg_init_system(&drbg, NULL, 0) == GMPKI_OK);
    random_test_mode = RANDOM_FAILS;
    memset(out, 1, 100);
    CHECK(gmpki_random(out, 100) == GMPKI_ERR_RANDOM && all_zero(out, 100));
    memset(&fresh, 1, sizeof fresh);
    CHECK(gmpki_drbg_init_system(&fresh, NULL, 0) == GMPKI_ERR_RANDOM && all_zero(&fresh, sizeof fresh));
    CHECK(gmpki_drbg_generate(&fresh, out, 1, NULL, 0) == GMPKI_ERR_STATE);
    CHECK(gmpki_drbg_generate(&drbg, out, 100, NULL, 0) == GMPKI_OK);
    drbg.reseed_counter = GMPKI_DRBG_RESEED_INTERVAL + 1;
    CHECK(gmpki_drbg_generate(&drbg, out, 100, NULL, 0) == GMPKI_ERR_RANDOM && all_zero(out, 100));

    /* A source that repeats itself seeds nothing either. */
    random_test_mode = RANDOM_DEAD;
    memset(out, 1, 100);
    CHECK(gmpki_drbg_generate(&drbg, out, 100, NULL, 0) == GMPKI_ERR_RANDOM && all_zero(out, 100));
    CHECK(gmpki_drbg_init_system(&fresh, NULL, 0) == GMPKI_ERR_RANDOM && all_zero(&fresh, sizeof fresh));

    random_test_mode = RANDOM_REAL;
    CHECK(gmpki_drbg_generate(&drbg, out, 100, NULL, 0) == GMPKI_OK && !all_zero(out, 100));
}

static void refused_seeds(void) {
    const uint8_t *p = pattern;
    const size_t too_long = GMPKI_DRBG_MAX_INPUT_LEN + 1;
    gmpki_drbg drbg;
    memset(&drbg, 1, sizeof drbg);
    CHECK(gmpki_drbg_init(NULL, p, 32, p, 16, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_init(&drbg, p, 31, p, 16, p, 1) == GMPKI_ERR_LENGTH && all_zero(&drbg, sizeof drbg));
    CHECK(gmpki_drbg_init(&drbg, p, 32, p, 15, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_drbg_init(&drbg, NULL, 32, p, 16, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_init(&drbg, p, 32, NULL, 16, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_init(&drbg, p, 32, p, 16, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_init(&drbg, p, too_long, p, 16, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_drbg_init(&drbg, p, 32, p, too_long, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_drbg_init(&drbg, p, 32, p, 16, p, too_long) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_drbg_init_system(NULL, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_init_system(&drbg, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_init_system(&drbg, p, too_long) == GMPKI_ERR_LENGTH && all_zero(&drbg, sizeof drbg));
    CHECK(gmpki_drbg_reseed(&drbg, p, 32, p, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_drbg_init(&drbg, p, too_long - 1, p, too_long - 1, p, too_long - 1) == GMPKI_OK);
    CHECK(gmpki_drbg_reseed(NULL, p, 32, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_reseed(&drbg, NULL, 32, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_reseed(&drbg, p, 31, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_drbg_reseed(&drbg, p, 32, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_reseed(&drbg, p, 32, p, too_long) == GMPKI_ERR_LENGTH);
}

static void refused_requests(void) {
    const uint8_t *p = pattern;
    gmpki_drbg drbg;
    CHECK(gmpki_drbg_init(&drbg, p, ENTROPY_LEN, p, NONCE_LEN, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_drbg_generate(NULL, out, 1, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_generate(&drbg, NULL, 1, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_drbg_generate(&drbg, NULL, 0, NULL, 0) == GMPKI_OK);
    memset(out, 1, 8);
    CHECK(gmpki_drbg_generate(&drbg, out, 8, NULL, 1) == GMPKI_ERR_ARGUMENT && all_zero(out, 8));
    CHECK(gmpki_drbg_generate(&drbg, out, 8, p, GMPKI_DRBG_MAX_INPUT_LEN + 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_drbg_generate(&drbg, out, GMPKI_DRBG_MAX_REQUEST_LEN + 1, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_drbg_generate(&drbg, out, 8, p, GMPKI_DRBG_MAX_INPUT_LEN) == GMPKI_OK);
    gmpki_drbg_clear(&drbg);
    CHECK(all_zero(&drbg, sizeof drbg));
    memset(out, 1, 8);
    CHECK(gmpki_drbg_generate(&drbg, out, 8, NULL, 0) == GMPKI_ERR_STATE && all_zero(out, 8));
    gmpki_drbg_clear(NULL);
}

static void values(void) {
    drbg_values();
    drbg_lengths();
    drbg_carries();
}

int main(void) {
    fill_pattern(pattern, sizeof pattern);
    system_source();
    on_every_backend(GMPKI_SM3, values);
    intervals_of_callers_entropy();
    system_seeded_generator();
    fork_seeds_anew();
    failing_source();
    refused_seeds();
    refused_requests();
    return finish();
}
