/* Self-tests at first use and the module's error state. */
#include "common/gate.h"

#include "common/backend.h"

atomic_int gate_states[GMPKI_ALGORITHM_COUNT];

static _Thread_local int testing;

static int (*const known_answers[GMPKI_ALGORITHM_COUNT])(void) = {
    [GMPKI_SM3] = sm3_known_answer,
    [GMPKI_SM4] = sm4_known_answer,
    [GMPKI_SM2] = sm2_known_answer,
    [GMPKI_RAND] = rand_known_answer,
};

void gate_fail(void) {
    for (int i = 0; i < GMPKI_ALGORITHM_COUNT; i++) {
        atomic_store_explicit(&gate_states[i], GATE_FAILED, memory_order_release);
    }
}

int gate_test(int algorithm) {
    /* SM2 and the DRBG hash with SM3 behind its gate. A backend that cannot be chosen is no failed self-test. */
    int status = algorithm == GMPKI_SM2 || algorithm == GMPKI_RAND ? gate(GMPKI_SM3) : GMPKI_OK;
    if (status != GMPKI_OK) {
        return status;
    }
    int outer = testing;
    testing = 1;
    status = known_answers[algorithm]();
    testing = outer;
    if (status != GMPKI_OK) {
        gate_fail();
        return GMPKI_ERR_SELFTEST;
    }
    int untested = GATE_UNTESTED;
    atomic_compare_exchange_strong(&gate_states[algorithm], &untested, GATE_OPEN);
    return untested == GATE_FAILED ? GMPKI_ERR_SELFTEST : GMPKI_OK;
}

int gate_first_use(int algorithm) {
    if (atomic_load_explicit(&gate_states[algorithm], memory_order_acquire) == GATE_FAILED) {
        return GMPKI_ERR_SELFTEST;
    }
    int status = backend_resolve(algorithm);
    if (status != GMPKI_OK || testing) {
        return status;
    }
    return gate_test(algorithm);
}

int gmpki_selftest_run(int algorithm) {
    if (algorithm < 0 || algorithm >= GMPKI_ALGORITHM_COUNT) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(algorithm);
    return status == GMPKI_OK ? gate_test(algorithm) : status;
}

int gmpki_selftest_state(void) {
    int state = atomic_load_explicit(&gate_states[GMPKI_SM3], memory_order_acquire);
    return state == GATE_FAILED ? GMPKI_ERR_SELFTEST : GMPKI_OK;
}
