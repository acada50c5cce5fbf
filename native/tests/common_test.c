/* What gmpki/common.h exports: status texts, cleansing, comparing, self-tests and the choice of backends. */
#include <stdlib.h>

#include "check.h"
#include "common/backend.h"
#include "common/ct.h"
#include "common/gate.h"
#include "gmpki/common.h"
#include "gmpki/sm3.h"

static void status_texts(void) {
    const char *unknown = gmpki_status_text(1);
    for (int status = GMPKI_ERR_UNSUPPORTED; status <= GMPKI_OK; status++) {
        const char *text = gmpki_status_text(status);
        CHECK(text != NULL && text[0] != '\0' && strcmp(text, unknown) != 0);
    }
    CHECK(strcmp(gmpki_status_text(GMPKI_ERR_UNSUPPORTED - 1), unknown) == 0);
    CHECK(strcmp(gmpki_version(), GMPKI_VERSION) == 0);
}

static void cleanse(void) {
    uint8_t data[70];
    memset(data, 0x5A, sizeof data);
    gmpki_cleanse(data + 1, sizeof data - 2);
    CHECK(data[0] == 0x5A && data[sizeof data - 1] == 0x5A);
    CHECK(any_bit(data + 1, sizeof data - 2) == 0);
    gmpki_cleanse(NULL, 0);
}

static void equal(void) {
    uint8_t a[40] = {0};
    uint8_t b[40] = {0};
    int result = -1;
    CHECK(gmpki_equal(&result, a, b, sizeof a) == GMPKI_OK && result == 1);
    for (size_t i = 0; i < 8 * sizeof a; i++) {
        b[i / 8] ^= (uint8_t)(1u << (i % 8));
        CHECK(gmpki_equal(&result, a, b, sizeof a) == GMPKI_OK && result == 0);
        b[i / 8] = 0;
    }
    CHECK(gmpki_equal(&result, NULL, NULL, 0) == GMPKI_OK && result == 1);
    CHECK(gmpki_equal(NULL, a, b, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_equal(&result, NULL, b, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_equal(&result, a, NULL, 1) == GMPKI_ERR_ARGUMENT);
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

/* Every listed backend that can run here can be forced, is then active and passes its known answer. */
static void backends(void) {
    for (int algorithm = 0; algorithm < GMPKI_ALGORITHM_COUNT; algorithm++) {
        const char *name = NULL;
        const char *last = NULL;
        const char *fastest = NULL;
        int available = 0;
        for (size_t i = 0; gmpki_backend_get(&name, &available, algorithm, i) == GMPKI_OK && name != NULL; i++) {
            const char *active = NULL;
            last = name;
            if (!available) {
                CHECK(gmpki_backend_force(algorithm, name) == GMPKI_ERR_BACKEND);
                continue;
            }
            fastest = fastest == NULL ? name : fastest;
            CHECK(gmpki_backend_force(algorithm, name) == GMPKI_OK);
            CHECK(gmpki_backend_active(&active, algorithm) == GMPKI_OK && active != NULL && strcmp(active, name) == 0);
            CHECK(gmpki_selftest_run(algorithm) == GMPKI_OK);
        }
        CHECK(last != NULL && strcmp(last, "portable") == 0);
        CHECK(gmpki_backend_force(algorithm, "no such backend") == GMPKI_ERR_BACKEND);
        CHECK(gmpki_backend_force(algorithm, NULL) == GMPKI_OK);
        CHECK(gmpki_backend_active(&name, algorithm) == GMPKI_OK && fastest != NULL && strcmp(name, fastest) == 0);
        CHECK(gmpki_backend_get(NULL, &available, algorithm, 0) == GMPKI_ERR_ARGUMENT);
        CHECK(gmpki_backend_get(&name, NULL, algorithm, 0) == GMPKI_ERR_ARGUMENT);
        CHECK(gmpki_backend_active(NULL, algorithm) == GMPKI_ERR_ARGUMENT);
    }
    CHECK(gmpki_backend_force(GMPKI_ALGORITHM_COUNT, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_backend_force(-1, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_selftest_run(GMPKI_ALGORITHM_COUNT) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_selftest_run(-1) == GMPKI_ERR_ARGUMENT);
}

/* No value was stored in this program. */
static void integrity_without_value(void) {
    CHECK(gmpki_selftest_integrity() == GMPKI_ERR_UNSUPPORTED);
    CHECK(gmpki_selftest_state() == GMPKI_OK);
}

/* The error state closes every algorithm, for good. */
static void error_state(void) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    CHECK(gmpki_selftest_state() == GMPKI_OK);
    gate_fail();
    CHECK(gmpki_selftest_state() == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_sm3_hash(digest, NULL, 0) == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_selftest_integrity() == GMPKI_ERR_SELFTEST);
    for (int algorithm = 0; algorithm < GMPKI_ALGORITHM_COUNT; algorithm++) {
        CHECK(gmpki_selftest_run(algorithm) == GMPKI_ERR_SELFTEST);
        CHECK(gmpki_backend_force(algorithm, NULL) == GMPKI_ERR_SELFTEST);
        CHECK(gate(algorithm) == GMPKI_ERR_SELFTEST);
    }
}

int main(void) {
    status_texts();
    cleanse();
    equal();
    masks();
    backends();
    integrity_without_value();
    error_state();
    return finish();
}
