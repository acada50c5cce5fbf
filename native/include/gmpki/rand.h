/*
 * gmpki/rand.h: random bytes from the operating system, and a deterministic generator on SM3 over them.
 */
#ifndef GMPKI_RAND_H
#define GMPKI_RAND_H

#include "gmpki/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    GMPKI_DRBG_SEED_LEN = 55, /* seedlen of Hash_DRBG with a 256-bit hash: 440 bits */
    GMPKI_DRBG_MIN_ENTROPY_LEN = 32,
    GMPKI_DRBG_MAX_INPUT_LEN = 1 << 16,   /* entropy, nonce, personalisation, additional input */
    GMPKI_DRBG_MAX_REQUEST_LEN = 1 << 16, /* one gmpki_drbg_generate */
    GMPKI_DRBG_RESEED_INTERVAL = 1 << 20, /* requests between two seedings */
    GMPKI_DRBG_RESEED_INTERVAL_S = 600    /* seconds between two seedings */
};

/*
 * Fill data with len bytes of the operating system's random source (getrandom, getentropy).
 * GMPKI_ERR_RANDOM when it fails; there is no other source to fall back on. CT: the source's own.
 */
GMPKI_API int gmpki_random(GMPKI_OUT uint8_t *data, size_t len);

/*
 * Hash_DRBG with SM3 as GM/T 0105-2021 has it: the construction of NIST SP 800-90A 10.1.1, but a reseed hashes the
 * entropy before V, and a seed also grows old with time. GM/T 0105 gives at most 32 bytes a request; a longer one goes
 * on as SP 800-90A does. Fields are private.
 */
typedef struct gmpki_drbg {
    uint8_t v[GMPKI_DRBG_SEED_LEN];
    uint8_t c[GMPKI_DRBG_SEED_LEN];
    uint64_t reseed_counter;
    uint64_t seeded_at_s; /* on the system's monotonic clock */
    uint64_t process_id;  /* a generator seeded from the system seeds itself anew after a fork */
    uint32_t system_seeded;
    uint32_t ready;
} gmpki_drbg;

/*
 * Seed from the caller's entropy (>= 32 bytes), nonce (>= 16 bytes) and personalisation string (may be empty).
 * For known answers and for callers with their own source. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_drbg_init(GMPKI_OUT gmpki_drbg *drbg, GMPKI_SECRET const uint8_t *entropy, size_t entropy_len,
                              GMPKI_SECRET const uint8_t *nonce, size_t nonce_len,
                              GMPKI_PUBLIC const uint8_t *personalisation, size_t personalisation_len);

/*
 * Seed from the operating system; reseeds itself at the intervals and after a fork. GMPKI_ERR_RANDOM when the system's
 * source fails or repeats itself. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_drbg_init_system(GMPKI_OUT gmpki_drbg *drbg, GMPKI_PUBLIC const uint8_t *personalisation,
                                     size_t personalisation_len);

/* Mix new entropy (>= 32 bytes) and additional input (may be empty) into the state. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_drbg_reseed(GMPKI_SECRET gmpki_drbg *drbg, GMPKI_SECRET const uint8_t *entropy, size_t entropy_len,
                                GMPKI_SECRET const uint8_t *additional, size_t additional_len);

/*
 * Fill data with len <= GMPKI_DRBG_MAX_REQUEST_LEN bytes; additional input (may be empty) is mixed in first; len 0 does
 * nothing. GMPKI_ERR_LIMIT when a generator with the caller's entropy would pass a reseed interval; GMPKI_ERR_RANDOM
 * when one with the system's cannot be seeded anew. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_drbg_generate(GMPKI_SECRET gmpki_drbg *drbg, GMPKI_OUT uint8_t *data, size_t len,
                                  GMPKI_SECRET const uint8_t *additional, size_t additional_len);

/* Cleanse the generator. CT: constant. */
GMPKI_API_VOID void gmpki_drbg_clear(GMPKI_SECRET gmpki_drbg *drbg);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_RAND_H */
