/*
 * The gate that every exported function passes first: the module is not in its error state, the algorithm has a
 * backend, and its known-answer test has passed.
 */
#ifndef GMPKI_SRC_GATE_H
#define GMPKI_SRC_GATE_H

#include <stdatomic.h>

#include "gmpki/common.h"

enum gate_state { GATE_UNTESTED = 0, GATE_OPEN = 1, GATE_FAILED = 2 };

extern atomic_int gate_states[GMPKI_ALGORITHM_COUNT];

/* The slow path of gate(): choose a backend and run the known-answer test. */
int gate_first_use(int algorithm);

/* GMPKI_OK when the algorithm may be used. One atomic load once it is open. */
static inline int gate(int algorithm) {
    if (atomic_load_explicit(&gate_states[algorithm], memory_order_acquire) == GATE_OPEN) {
        return GMPKI_OK;
    }
    return gate_first_use(algorithm);
}

/* Enter the error state, for good. */
void gate_fail(void);

/* Run an algorithm's known-answer test on its active backend and open or fail the gate. */
int gate_test(int algorithm);

/*
 * Known-answer tests, each in its algorithm's known_answer.c: GMPKI_OK, or GMPKI_ERR_SELFTEST. They call the exported
 * functions; the gate lets the testing thread through.
 */
int sm3_known_answer(void);
int sm4_known_answer(void);
int sm2_known_answer(void);
int rand_known_answer(void);

#endif /* GMPKI_SRC_GATE_H */
