/*
 * gmpki/common.h: what every header of the C core shares: status codes, the marks
 * that parameters carry, cleansing, self-tests and backends.
 *
 * Conventions of the whole core:
 *   - Arguments stand in the order context, outputs, inputs; each length follows its buffer.
 *   - Lengths are in bytes unless a name ends in _bits.
 *   - A function returns GMPKI_OK or a negative status. On failure its outputs are zeroed, except that nothing is
 *     written to an output whose own length is refused, nor by the updates of running contexts, whose output may be
 *     their input.
 *   - An input may be NULL only where its length is 0. An output never is, unless said.
 *   - Input and output may be the same buffer only where the comment says "in place".
 *   - No function allocates memory. Contexts belong to the caller, who may put them on the stack.
 *   - Contexts are not locked: one thread at a time. Everything else may be called from any thread.
 *   - A function's "CT:" line says what its running time may depend on.
 */
#ifndef GMPKI_COMMON_H
#define GMPKI_COMMON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Exported, and its status must be looked at. */
#define GMPKI_API __attribute__((visibility("default"), warn_unused_result))
/* Exported, and cannot fail. */
#define GMPKI_API_VOID __attribute__((visibility("default")))

/*
 * Every pointer parameter carries one of these marks; the build refuses one without.
 *   GMPKI_SECRET  what it points to is secret: neither branches nor addresses depend on it
 *   GMPKI_PUBLIC  what it points to may be learnt from the running time
 *   GMPKI_OUT     written only
 */
#define GMPKI_SECRET
#define GMPKI_PUBLIC
#define GMPKI_OUT

enum gmpki_status {
    GMPKI_OK = 0,
    GMPKI_ERR_ARGUMENT = -1,    /* NULL where data is needed, or an unknown constant */
    GMPKI_ERR_LENGTH = -2,      /* an input's length is outside what the function takes */
    GMPKI_ERR_BUFFER = -3,      /* the output buffer is too small */
    GMPKI_ERR_STATE = -4,       /* a context was used before init, after final or out of order */
    GMPKI_ERR_LIMIT = -5,       /* more data than the algorithm allows under one key or nonce */
    GMPKI_ERR_POINT = -6,       /* not the encoding of a point on the curve, or infinity */
    GMPKI_ERR_SCALAR = -7,      /* a private key outside [1, n-2] */
    GMPKI_ERR_ENCODING = -8,    /* not strict DER of the expected shape */
    GMPKI_ERR_SIGNATURE = -9,   /* the signature does not hold */
    GMPKI_ERR_DECRYPT = -10,    /* the message cannot be decrypted: the one answer for every cause */
    GMPKI_ERR_PADDING = -11,    /* input is not a whole number of blocks and padding is off */
    GMPKI_ERR_RANDOM = -12,     /* the operating system's random source failed */
    GMPKI_ERR_SELFTEST = -13,   /* a self-test failed: the module is in its error state */
    GMPKI_ERR_BACKEND = -14,    /* no such backend, or this processor lacks what it needs */
    GMPKI_ERR_FAULT = -15,      /* verify-after-sign found a wrong signature: a fault was at work */
    GMPKI_ERR_UNSUPPORTED = -16 /* this platform cannot do it */
};

/* A short English text for a status, never NULL. CT: no secrets. */
GMPKI_API_VOID const char *gmpki_status_text(int status);

/* The version of the library, "MAJOR.MINOR.PATCH". CT: no secrets. */
GMPKI_API_VOID const char *gmpki_version(void);

/* Overwrite len bytes with zeros in a way no compiler removes. CT: time depends on len only. */
GMPKI_API_VOID void gmpki_cleanse(GMPKI_OUT void *data, size_t len);

/*
 * Compare two buffers of the same length: *equal is 1 when all bytes agree, else 0.
 * CT: time depends on len only.
 */
GMPKI_API int gmpki_equal(GMPKI_OUT int *equal, GMPKI_SECRET const void *a, GMPKI_SECRET const void *b, size_t len);

/* ---- algorithms, self-tests, the error state ------------------------------------------- */

enum gmpki_algorithm {
    GMPKI_SM3 = 0,  /* GB/T 32905-2016, with HMAC and the key derivations on it */
    GMPKI_SM4 = 1,  /* GB/T 32907-2016 and its modes */
    GMPKI_SM2 = 2,  /* GB/T 32918-2016 */
    GMPKI_RAND = 3, /* the random source and the DRBG of GM/T 0105 */
    GMPKI_ALGORITHM_COUNT = 4
};

/*
 * The known-answer test of an algorithm runs at its first use. When one fails, the module
 * enters its error state for the life of the process: from then on every function that uses an
 * algorithm answers GMPKI_ERR_SELFTEST.
 */

/* Run the known-answer test of one algorithm now, on its active backend. CT: fixed data. */
GMPKI_API int gmpki_selftest_run(int algorithm);

/*
 * Compare the loaded code and constants of this library (its executable and its read-only
 * segments, as mapped) with the HMAC-SM3 stored in it when it was linked. Guards against
 * damage, not against an attacker, who could store a new value.
 * GMPKI_ERR_SELFTEST, and the error state, when they differ; GMPKI_ERR_UNSUPPORTED where the library was
 * linked without a value or the platform is not ELF. CT: no secrets.
 */
GMPKI_API int gmpki_selftest_integrity(void);

/* GMPKI_OK, or GMPKI_ERR_SELFTEST when the module is in its error state. CT: no secrets. */
GMPKI_API int gmpki_selftest_state(void);

/* ---- backends -------------------------------------------------------------------------- */

/*
 * Each algorithm has a list of backends, fastest first, ending with "portable". The first one this
 * processor can run is active; GMPKI_BACKEND in the environment ("sm4=portable", several with
 * commas, read once at first use) or gmpki_backend_force choose another. An entry that names
 * no algorithm, no backend, or one that cannot run here makes every use of the algorithm (of all, where
 * it names none) fail with GMPKI_ERR_BACKEND: a forced choice is never ignored.
 */

/* *name is the index-th backend of the algorithm, NULL past the end; *available is 1 when it can run here. CT: no
 * secrets. */
GMPKI_API int gmpki_backend_get(GMPKI_OUT const char **name, GMPKI_OUT int *available, int algorithm, size_t index);

/* *name is the active backend of the algorithm. CT: no secrets. */
GMPKI_API int gmpki_backend_active(GMPKI_OUT const char **name, int algorithm);

/* Make the named backend active for the whole process; NULL chooses the fastest again. Its known-answer test has run
 * when this returns; other threads may use the backend before. CT: no secrets. */
GMPKI_API int gmpki_backend_force(int algorithm, GMPKI_PUBLIC const char *name);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_COMMON_H */
