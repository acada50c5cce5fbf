/* Status texts, cleansing, comparing, masks; backends and how they are chosen; self-tests and the error state. */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include "gmpki/common.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "common/ct.h"
#include "gmpki/kdf.h"
#include "gmpki/rand.h"
#include "pattern.h"

extern int sm3_known_answer_broken, sm4_known_answer_broken, sm2_known_answer_broken, rand_known_answer_broken;

static int *const broken[GMPKI_ALGORITHM_COUNT] = {
    [GMPKI_SM3] = &sm3_known_answer_broken,
    [GMPKI_SM4] = &sm4_known_answer_broken,
    [GMPKI_SM2] = &sm2_known_answer_broken,
    [GMPKI_RAND] = &rand_known_answer_broken,
};

static const char *const algorithm_names[GMPKI_ALGORITHM_COUNT] = {
    [GMPKI_SM3] = "sm3",
    [GMPKI_SM4] = "sm4",
    [GMPKI_SM2] = "sm2",
    [GMPKI_RAND] = "rand",
};

/*
 * Run the tests in a child, where nothing was used yet: this process itself passes no gate before the last child has
 * ended. argument is handed through.
 */
static void in_child(void (*tests)(int), int argument) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        checks_failed = 0;
        tests(argument);
        fflush(NULL);
        _exit(checks_failed != 0);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void texts(void) {
    for (int status = GMPKI_ERR_UNSUPPORTED; status <= GMPKI_OK; status++) {
        CHECK(strcmp(gmpki_status_text(status), gmpki_status_text(1)) != 0);
        CHECK(status == GMPKI_OK || strcmp(gmpki_status_text(status), gmpki_status_text(status + 1)) != 0);
    }
    CHECK(strcmp(gmpki_status_text(GMPKI_ERR_UNSUPPORTED - 1), gmpki_status_text(1)) == 0);
    CHECK(strcmp(gmpki_version(), GMPKI_VERSION) == 0);
}

static void memory(void) {
    uint8_t a[100], b[100];
    int equal = -1;
    fill_pattern(a, sizeof a);
    memcpy(b, a, sizeof b);
    for (size_t len = 0; len <= sizeof a; len++) {
        CHECK(gmpki_equal(&equal, a, b, len) == GMPKI_OK && equal == 1);
    }
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(gmpki_equal(&equal, a, b, sizeof a) == GMPKI_OK && equal == 0);
        CHECK(gmpki_equal(&equal, a, b, bit / 8) == GMPKI_OK && equal == 1);
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(gmpki_equal(&equal, NULL, NULL, 0) == GMPKI_OK && equal == 1);
    CHECK(gmpki_equal(NULL, a, b, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_equal(&equal, NULL, b, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_equal(&equal, a, NULL, 1) == GMPKI_ERR_ARGUMENT);

    gmpki_cleanse(a + 1, 60);
    CHECK(a[0] == b[0] && all_zero(a + 1, 60) && memcmp(a + 61, b + 61, 39) == 0);
    gmpki_cleanse(NULL, 0);
}

static void masks(void) {
    static const uint64_t values[] = {0, 1, 2, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 1};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        CHECK(mask_is_zero(values[i]) == (values[i] == 0 ? UINT64_MAX : 0));
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            CHECK(mask_equal(values[i], values[j]) == (i == j ? UINT64_MAX : 0));
            CHECK(select_u64(UINT64_MAX, values[i], values[j]) == values[i]);
            CHECK(select_u64(0, values[i], values[j]) == values[j]);
        }
    }
}

/* No value was stored in this program; integrity_test is the one that has a value. */
static void integrity_without_value(void) {
    CHECK(gmpki_selftest_integrity() == GMPKI_ERR_UNSUPPORTED);
    CHECK(gmpki_selftest_state() == GMPKI_OK);
}

/* Each list names its backends once and ends with "portable", which runs everywhere. */
static void backend_lists(void) {
    for (int algorithm = 0; algorithm < GMPKI_ALGORITHM_COUNT; algorithm++) {
        const char *name = NULL;
        const char *last = NULL;
        int available = 0;
        int last_available = 0;
        for (size_t i = 0; gmpki_backend_get(&name, &available, algorithm, i) == GMPKI_OK && name != NULL; i++) {
            CHECK(last == NULL || strcmp(last, name) != 0);
            last = name;
            last_available = available;
        }
        CHECK(last != NULL && strcmp(last, "portable") == 0 && last_available);
        CHECK(available == 0 && gmpki_backend_get(&name, &available, algorithm, 1000) == GMPKI_OK && name == NULL);
    }
}

static void backend_choice(int algorithm) {
    const char *name = NULL;
    const char *fastest = NULL;
    int available = 0;
    CHECK(gmpki_backend_active(&fastest, algorithm) == GMPKI_OK && fastest != NULL);
    for (size_t i = 0; gmpki_backend_get(&name, &available, algorithm, i) == GMPKI_OK && name != NULL; i++) {
        const char *active = NULL;
        CHECK(gmpki_backend_force(algorithm, name) == (available ? GMPKI_OK : GMPKI_ERR_BACKEND));
        CHECK(gmpki_backend_active(&active, algorithm) == GMPKI_OK);
        CHECK(active != NULL && (strcmp(active, name) == 0) == available);
    }
    CHECK(gmpki_backend_force(algorithm, "nonsense") == GMPKI_ERR_BACKEND);
    CHECK(gmpki_backend_force(algorithm, "") == GMPKI_ERR_BACKEND);
    CHECK(gmpki_backend_active(&name, algorithm) == GMPKI_OK && strcmp(name, "portable") == 0);
    CHECK(gmpki_backend_force(algorithm, NULL) == GMPKI_OK);
    CHECK(gmpki_backend_active(&name, algorithm) == GMPKI_OK && strcmp(name, fastest) == 0);
}

static void unknown_algorithms(void) {
    static const int unknown[] = {-1, GMPKI_ALGORITHM_COUNT, 1000};
    const char *name = NULL;
    int available = 0;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        CHECK(gmpki_backend_get(&name, &available, unknown[i], 0) == GMPKI_ERR_ARGUMENT);
        CHECK(gmpki_backend_active(&name, unknown[i]) == GMPKI_ERR_ARGUMENT);
        CHECK(gmpki_backend_force(unknown[i], NULL) == GMPKI_ERR_ARGUMENT);
        CHECK(gmpki_selftest_run(unknown[i]) == GMPKI_ERR_ARGUMENT);
    }
    CHECK(gmpki_backend_get(NULL, &available, GMPKI_SM3, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_backend_get(&name, NULL, GMPKI_SM3, 0) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_backend_active(NULL, GMPKI_SM3) == GMPKI_ERR_ARGUMENT);
}

/* GMPKI_BACKEND and what each algorithm answers then. SM2 and the DRBG stand on SM3. */
static const struct {
    const char *text;
    int status[GMPKI_ALGORITHM_COUNT]; /* SM3, SM4, SM2, RAND */
} environments[] = {
    {"", {GMPKI_OK, GMPKI_OK, GMPKI_OK, GMPKI_OK}},
    {"sm3=portable", {GMPKI_OK, GMPKI_OK, GMPKI_OK, GMPKI_OK}},
    {"sm4=portable,sm3=portable,rand=portable,sm2=portable", {GMPKI_OK, GMPKI_OK, GMPKI_OK, GMPKI_OK}},
    {"sm4=nonsense", {GMPKI_OK, GMPKI_ERR_BACKEND, GMPKI_OK, GMPKI_OK}},
    {"sm4=portable,sm4=nonsense", {GMPKI_OK, GMPKI_ERR_BACKEND, GMPKI_OK, GMPKI_OK}},
    {"sm2=", {GMPKI_OK, GMPKI_OK, GMPKI_ERR_BACKEND, GMPKI_OK}},
    {"rand=portables", {GMPKI_OK, GMPKI_OK, GMPKI_OK, GMPKI_ERR_BACKEND}},
    {"sm3=nonsense", {GMPKI_ERR_BACKEND, GMPKI_OK, GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND}},
    {"nonsense=portable", {GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND}},
    {"sm3", {GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND}},
    {"portable", {GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND, GMPKI_ERR_BACKEND}},
};

static void environment(int index) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    const char *name = NULL;
    CHECK(setenv("GMPKI_BACKEND", environments[index].text, 1) == 0);
    for (int algorithm = GMPKI_ALGORITHM_COUNT - 1; algorithm >= 0; algorithm--) {
        int expected = environments[index].status[algorithm];
        CHECK(gmpki_selftest_run(algorithm) == expected);
        CHECK(gmpki_backend_active(&name, algorithm) == expected);
        CHECK((name != NULL) == (expected == GMPKI_OK));
        char choice[32];
        snprintf(choice, sizeof choice, "%s=portable", algorithm_names[algorithm]);
        if (expected == GMPKI_OK && strstr(environments[index].text, choice) != NULL) {
            CHECK(strcmp(name, "portable") == 0);
        }
    }
    int expected = environments[index].status[GMPKI_SM3];
    memset(digest, 1, sizeof digest);
    CHECK(gmpki_sm3_hash(digest, NULL, 0) == expected);
    CHECK(all_zero(digest, sizeof digest) == (expected != GMPKI_OK));
    /* A wrong choice is not a failed self-test: the right one may still be made. */
    CHECK(gmpki_selftest_state() == GMPKI_OK);
    CHECK(gmpki_backend_force(GMPKI_SM3, "portable") == GMPKI_OK);
    CHECK(gmpki_sm3_hash(digest, NULL, 0) == GMPKI_OK);
}

/* Everything that can fail answers GMPKI_ERR_SELFTEST and gives nothing out. */
static void error_state_holds(void) {
    uint8_t out[GMPKI_SM3_DIGEST_LEN];
    const char *name = NULL;
    gmpki_sm3_ctx ctx;
    gmpki_drbg drbg;
    CHECK(gmpki_selftest_state() == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_selftest_integrity() == GMPKI_ERR_SELFTEST);
    for (int algorithm = 0; algorithm < GMPKI_ALGORITHM_COUNT; algorithm++) {
        CHECK(gmpki_selftest_run(algorithm) == GMPKI_ERR_SELFTEST);
        CHECK(gmpki_backend_active(&name, algorithm) == GMPKI_ERR_SELFTEST && name == NULL);
        CHECK(gmpki_backend_force(algorithm, "portable") == GMPKI_ERR_SELFTEST);
    }
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_hash(out, NULL, 0) == GMPKI_ERR_SELFTEST && all_zero(out, sizeof out));
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_hmac(out, NULL, 0, NULL, 0) == GMPKI_ERR_SELFTEST && all_zero(out, sizeof out));
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_kdf(out, sizeof out, NULL, 0) == GMPKI_ERR_SELFTEST && all_zero(out, sizeof out));
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_pbkdf2(out, sizeof out, NULL, 0, NULL, 0, 1) == GMPKI_ERR_SELFTEST && all_zero(out, sizeof out));
    memset(out, 1, sizeof out);
    CHECK(gmpki_random(out, sizeof out) == GMPKI_ERR_SELFTEST && all_zero(out, sizeof out));
    memset(&ctx, 1, sizeof ctx);
    CHECK(gmpki_sm3_init(&ctx) == GMPKI_ERR_SELFTEST && all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_drbg_init_system(&drbg, NULL, 0) == GMPKI_ERR_SELFTEST && all_zero(&drbg, sizeof drbg));
}

static void broken_on_demand(int algorithm) {
    CHECK(gmpki_selftest_run(algorithm) == GMPKI_OK);
    *broken[algorithm] = 1;
    CHECK(gmpki_selftest_run(algorithm) == GMPKI_ERR_SELFTEST);
    *broken[algorithm] = 0;
    error_state_holds();
}

static void broken_when_forced(int algorithm) {
    *broken[algorithm] = 1;
    CHECK(gmpki_backend_force(algorithm, "portable") == GMPKI_ERR_SELFTEST);
    *broken[algorithm] = 0;
    error_state_holds();
}

/* The first use runs the known answer; so does that of an algorithm which stands on the broken one. */
static void broken_at_first_use(int algorithm) {
    uint8_t out[32] = {1};
    *broken[algorithm] = 1;
    CHECK(gmpki_random(out, sizeof out) == GMPKI_ERR_SELFTEST && all_zero(out, sizeof out));
    *broken[algorithm] = 0;
    error_state_holds();
}

/* A running context stops as well. */
static void error_state_reaches_contexts(int algorithm) {
    uint8_t out[GMPKI_SM3_DIGEST_LEN] = {1};
    gmpki_sm3_ctx ctx;
    CHECK(gmpki_sm3_init(&ctx) == GMPKI_OK);
    *broken[algorithm] = 1;
    CHECK(gmpki_selftest_run(algorithm) == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_sm3_update(&ctx, out, 1) == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_sm3_final(&ctx, out) == GMPKI_ERR_SELFTEST && all_zero(out, sizeof out));
}

int main(void) {
    CHECK(unsetenv("GMPKI_BACKEND") == 0);
    for (size_t i = 0; i < sizeof environments / sizeof environments[0]; i++) {
        in_child(environment, (int)i);
    }
    for (int algorithm = 0; algorithm < GMPKI_ALGORITHM_COUNT; algorithm++) {
        in_child(broken_on_demand, algorithm);
        in_child(broken_when_forced, algorithm);
        in_child(backend_choice, algorithm);
    }
    in_child(broken_at_first_use, GMPKI_RAND);
    in_child(broken_at_first_use, GMPKI_SM3);
    in_child(error_state_reaches_contexts, GMPKI_RAND);
    texts();
    memory();
    masks();
    integrity_without_value();
    backend_lists();
    unknown_algorithms();
    CHECK(gmpki_selftest_state() == GMPKI_OK);
    return finish();
}
