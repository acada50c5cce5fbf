/*
 * The harness that measures the core from C: cases, how they are registered, how they are timed.
 *
 * A case is one call of one implementation. Ours run on every backend of their algorithm, those of other libraries
 * once.
 */
#ifndef GMPKI_BENCH_BENCH_H
#define GMPKI_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    BENCH_NO_ALGORITHM = -1,
    BENCH_MAX_CASES = 512,
    BENCH_MAX_DATA = 1 << 20 /* bytes of the shared buffers */
};

typedef struct bench_case {
    const char *operation;                    /* what is done; one name for all implementations that do the same */
    const char *implementation;               /* "gmpki", or the library */
    int algorithm;                            /* whose backends it runs on, or BENCH_NO_ALGORITHM */
    size_t data_len;                          /* bytes processed by each item, 0 where a figure per byte says nothing */
    size_t items;                             /* how many of the operation one call does */
    size_t argument;                          /* the call's own affair: a length, a count */
    int (*run)(const struct bench_case *one); /* one call: 0, or it went wrong */
    int (*prepare)(const struct bench_case *one); /* before the clock starts, on the backend in question; may be NULL */
    const char *label; /* what to call the backend of a case without an algorithm; may be NULL */
} bench_case;

/* Add a case; all of it is copied but the implementation's name. */
void bench_add(const bench_case *one);

/* Add a case whose operation is "<name>_<number>". */
void bench_add_sized(const bench_case *one, size_t number);

typedef struct bench_result {
    double min;    /* ticks per item */
    double median; /* the same */
    size_t samples;
} bench_result;

/* Measure a case for about budget_ms: 0, or the status of a call that went wrong. */
int bench_measure(bench_result *result, const bench_case *one, unsigned budget_ms);

/* One call, in a function of its own, so that callgrind can count what happens inside: 0, or it went wrong. */
int bench_call(const bench_case *one);

/* Stay on one processor; -1 chooses none. */
void bench_pin(int processor);

/* What a tick is ("TSC cycles" or "nanoseconds"), how many there are a second, and how many cycles the core does in
 * one tick, measured with a chain of additions (0 where that cannot be told). */
const char *bench_unit(void);
double bench_ticks_per_second(void);
double bench_core_cycles_per_tick(void);

/* Public data for all cases: input, its output, further output. Filled once, BENCH_MAX_DATA bytes and some more. */
extern uint8_t bench_in[BENCH_MAX_DATA + 64];
extern uint8_t bench_out[BENCH_MAX_DATA + 64];

/* The modules. */
void ours_sm2_register(void);
void ours_sm2_batch_register(void);
void ours_primitives_register(void);
void ours_primitives_adx_register(void);
void ours_sm3_register(void);
void ours_sm4_register(void);
void peer_openssl_register(void);
void peer_openssl_ec_register(void);
void peer_gcrypt_register(void);
const char *peer_openssl_version(void);
const char *peer_gcrypt_version(void);

#endif /* GMPKI_BENCH_BENCH_H */
