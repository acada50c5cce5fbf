/*
 * Hash_DRBG with SM3: GM/T 0105-2021, annex B, whose base is NIST SP 800-90A Rev. 1, 10.1.1.
 *
 * The text of GM/T 0105 was not at hand. What it changes against SP 800-90A is taken from published implementations
 * that name it, which agree with each other on all of this:
 *   - a request is at most 256 bits, SM3(V). Up to there Hashgen is the same; a longer request goes on with it;
 *   - reseeding hashes 01 || entropy || V || additional input, where SP 800-90A has V before the entropy;
 *   - security level 1 seeds anew after 2^20 requests or 600 seconds.
 * They do not agree on the counter in the derivation function: one byte here, as in SP 800-90A 10.3.1 and in most of
 * them; four bytes in one.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "rand/drbg.h"

#include <time.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "common/random.h"
#include "gmpki/rand.h"
#include "sm3/sm3.h"

/* drbg->ready of a seeded generator. */
enum { DRBG_READY = 0x64726267 };

enum {
    MIN_NONCE_LEN = 16,      /* half the security strength (SP 800-90A 8.6.7) */
    SYSTEM_ENTROPY_LEN = 64, /* drawn at each seeding from the system */
};

/* The byte before what is hashed, so that no two uses hash alike. */
enum { PREFIX_C = 0x00, PREFIX_RESEED = 0x01, PREFIX_ADDITIONAL = 0x02, PREFIX_NEXT = 0x03 };

typedef struct input {
    const uint8_t *data;
    size_t len;
} input;

#ifdef GMPKI_TEST_BUILD
uint64_t drbg_test_clock_ahead_s;
#endif

/* Seconds on a clock that is never set back; 0 where the system has none, so that the counter alone limits a seed. */
static uint64_t now_s(void) {
    struct timespec now = {0};
    uint64_t seconds = clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? (uint64_t)now.tv_sec : 0;
#ifdef GMPKI_TEST_BUILD
    seconds += drbg_test_clock_ahead_s;
#endif
    return seconds;
}

/* Hash_df (SP 800-90A 10.3.1) with seedlen bits of output: SM3(i || seedlen || inputs) for i = 1, 2, cut. */
static void hash_df(uint8_t seed[GMPKI_DRBG_SEED_LEN], const input *inputs, size_t count) {
    uint8_t digests[2 * GMPKI_SM3_DIGEST_LEN];
    uint8_t header[5];
    gmpki_sm3_ctx ctx;
    store_be32(header + 1, 8 * GMPKI_DRBG_SEED_LEN);
    for (uint8_t i = 0; i < 2; i++) {
        header[0] = (uint8_t)(i + 1);
        sm3_start(&ctx);
        sm3_add(&ctx, header, sizeof header);
        for (size_t n = 0; n < count; n++) {
            sm3_add(&ctx, inputs[n].data, inputs[n].len);
        }
        sm3_finish(&ctx, digests + i * GMPKI_SM3_DIGEST_LEN);
    }
    memcpy(seed, digests, GMPKI_DRBG_SEED_LEN);
    gmpki_cleanse(digests, sizeof digests);
}

/* V = Hash_df(inputs), C = Hash_df(00 || V) (10.1.1.2, 10.1.1.3). The inputs may contain the old V. */
static void set_seed(gmpki_drbg *drbg, const input *inputs, size_t count) {
    static const uint8_t prefix = PREFIX_C;
    uint8_t seed[GMPKI_DRBG_SEED_LEN];
    hash_df(seed, inputs, count);
    memcpy(drbg->v, seed, sizeof drbg->v);
    hash_df(drbg->c, (const input[]){{&prefix, 1}, {drbg->v, sizeof drbg->v}}, 2);
    drbg->reseed_counter = 1;
    drbg->seeded_at_s = now_s();
    gmpki_cleanse(seed, sizeof seed);
}

static void instantiate(gmpki_drbg *drbg, input entropy, input nonce, input personalisation) {
    set_seed(drbg, (const input[]){entropy, nonce, personalisation}, 3);
    drbg->ready = DRBG_READY;
}

static void reseed(gmpki_drbg *drbg, input entropy, input additional) {
    static const uint8_t prefix = PREFIX_RESEED;
    set_seed(drbg, (const input[]){{&prefix, 1}, entropy, {drbg->v, sizeof drbg->v}, additional}, 4);
}

/* Entropy from the system. Two halves that are the same tell of a source that is stuck. */
static int draw_entropy(uint8_t entropy[SYSTEM_ENTROPY_LEN]) {
    int status = random_system(entropy, SYSTEM_ENTROPY_LEN);
    if (status != GMPKI_OK) {
        return status;
    }
    uint64_t differs = difference(entropy, entropy + SYSTEM_ENTROPY_LEN / 2, SYSTEM_ENTROPY_LEN / 2);
    differs = ~mask_is_zero(differs);
    /* Only that the source is stuck is told, and then its bytes are not used. */
    DECLASSIFY(&differs, sizeof differs);
    return differs != 0 ? GMPKI_OK : GMPKI_ERR_RANDOM;
}

static int reseed_from_system(gmpki_drbg *drbg, input additional) {
    uint8_t entropy[SYSTEM_ENTROPY_LEN];
    int status = draw_entropy(entropy);
    if (status == GMPKI_OK) {
        reseed(drbg, (input){entropy, sizeof entropy}, additional);
        drbg->process_id = (uint64_t)getpid();
    }
    gmpki_cleanse(entropy, sizeof entropy);
    return status;
}

/* v = v + addend modulo 2^440, both big endian. */
static void add_to(uint8_t v[GMPKI_DRBG_SEED_LEN], const uint8_t *addend, size_t addend_len) {
    unsigned carry = 0;
    for (size_t i = 1; i <= GMPKI_DRBG_SEED_LEN; i++) {
        carry += v[GMPKI_DRBG_SEED_LEN - i] + (i <= addend_len ? addend[addend_len - i] : 0u);
        v[GMPKI_DRBG_SEED_LEN - i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* V = V + SM3(prefix || V || data). */
static void stir(gmpki_drbg *drbg, uint8_t prefix, input data) {
    gmpki_sm3_ctx ctx;
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    sm3_start(&ctx);
    sm3_add(&ctx, &prefix, 1);
    sm3_add(&ctx, drbg->v, sizeof drbg->v);
    sm3_add(&ctx, data.data, data.len);
    sm3_finish(&ctx, digest);
    add_to(drbg->v, digest, sizeof digest);
    gmpki_cleanse(digest, sizeof digest);
}

/* Hashgen (10.1.1.4): SM3(V) || SM3(V + 1) || ..., cut. */
static void hashgen(uint8_t *data, size_t len, const uint8_t v[GMPKI_DRBG_SEED_LEN]) {
    static const uint8_t one = 1;
    uint8_t counting[GMPKI_DRBG_SEED_LEN];
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    memcpy(counting, v, sizeof counting);
    while (len != 0) {
        size_t part = len < sizeof digest ? len : sizeof digest;
        sm3_digest(digest, counting, sizeof counting);
        add_to(counting, &one, 1);
        memcpy(data, digest, part);
        data += part;
        len -= part;
    }
    gmpki_cleanse(counting, sizeof counting);
    gmpki_cleanse(digest, sizeof digest);
}

/* One request and the step to the next V (10.1.1.4 from step 2). */
static void generate(gmpki_drbg *drbg, uint8_t *data, size_t len, input additional) {
    uint8_t counter[8];
    if (additional.len != 0) {
        stir(drbg, PREFIX_ADDITIONAL, additional);
    }
    hashgen(data, len, drbg->v);
    stir(drbg, PREFIX_NEXT, (input){NULL, 0});
    add_to(drbg->v, drbg->c, sizeof drbg->c);
    store_be64(counter, drbg->reseed_counter);
    add_to(drbg->v, counter, sizeof counter);
    drbg->reseed_counter++;
}

/* Whether the seed has served its number of requests or its time. */
static int seed_is_spent(const gmpki_drbg *drbg) {
    return drbg->reseed_counter > GMPKI_DRBG_RESEED_INTERVAL ||
           now_s() - drbg->seeded_at_s > GMPKI_DRBG_RESEED_INTERVAL_S;
}

/* GMPKI_OK when the seed serves for a request, after seeding anew where that is the generator's own business. */
static int refresh(gmpki_drbg *drbg, input *additional) {
    int spent = seed_is_spent(drbg);
    if (!drbg->system_seeded) {
        return spent ? GMPKI_ERR_LIMIT : GMPKI_OK;
    }
    if (!spent && drbg->process_id == (uint64_t)getpid()) {
        return GMPKI_OK;
    }
    /* The reseed takes the additional input in; it is not used twice (SP 800-90A 9.3.1, step 7.4). */
    int status = reseed_from_system(drbg, *additional);
    *additional = (input){NULL, 0};
    return status;
}

/* Whether the pointer and length of an input can be used. */
static int check_input(input in, size_t min_len) {
    if (in.data == NULL && in.len != 0) {
        return GMPKI_ERR_ARGUMENT;
    }
    return in.len >= min_len && in.len <= GMPKI_DRBG_MAX_INPUT_LEN ? GMPKI_OK : GMPKI_ERR_LENGTH;
}

static int check_ready(const gmpki_drbg *drbg) {
    int status = gate(GMPKI_RAND);
    return status == GMPKI_OK && drbg->ready != DRBG_READY ? GMPKI_ERR_STATE : status;
}

int gmpki_drbg_init(gmpki_drbg *drbg, const uint8_t *entropy, size_t entropy_len, const uint8_t *nonce,
                    size_t nonce_len, const uint8_t *personalisation, size_t personalisation_len) {
    if (drbg == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    gmpki_cleanse(drbg, sizeof *drbg);
    int status = check_input((input){entropy, entropy_len}, GMPKI_DRBG_MIN_ENTROPY_LEN);
    if (status == GMPKI_OK) {
        status = check_input((input){nonce, nonce_len}, MIN_NONCE_LEN);
    }
    if (status == GMPKI_OK) {
        status = check_input((input){personalisation, personalisation_len}, 0);
    }
    if (status == GMPKI_OK) {
        status = gate(GMPKI_RAND);
    }
    if (status == GMPKI_OK) {
        instantiate(drbg, (input){entropy, entropy_len}, (input){nonce, nonce_len},
                    (input){personalisation, personalisation_len});
    }
    return status;
}

int gmpki_drbg_init_system(gmpki_drbg *drbg, const uint8_t *personalisation, size_t personalisation_len) {
    if (drbg == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    gmpki_cleanse(drbg, sizeof *drbg);
    uint8_t entropy[SYSTEM_ENTROPY_LEN];
    uint8_t nonce[MIN_NONCE_LEN];
    int status = check_input((input){personalisation, personalisation_len}, 0);
    if (status == GMPKI_OK) {
        status = gate(GMPKI_RAND);
    }
    if (status == GMPKI_OK) {
        status = draw_entropy(entropy);
    }
    if (status == GMPKI_OK) {
        status = random_system(nonce, sizeof nonce);
    }
    if (status == GMPKI_OK) {
        instantiate(drbg, (input){entropy, sizeof entropy}, (input){nonce, sizeof nonce},
                    (input){personalisation, personalisation_len});
        drbg->system_seeded = 1;
        drbg->process_id = (uint64_t)getpid();
    }
    gmpki_cleanse(entropy, sizeof entropy);
    gmpki_cleanse(nonce, sizeof nonce);
    return status;
}

int gmpki_drbg_reseed(gmpki_drbg *drbg, const uint8_t *entropy, size_t entropy_len, const uint8_t *additional,
                      size_t additional_len) {
    if (drbg == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = check_input((input){entropy, entropy_len}, GMPKI_DRBG_MIN_ENTROPY_LEN);
    if (status == GMPKI_OK) {
        status = check_input((input){additional, additional_len}, 0);
    }
    if (status == GMPKI_OK) {
        status = check_ready(drbg);
    }
    if (status == GMPKI_OK) {
        reseed(drbg, (input){entropy, entropy_len}, (input){additional, additional_len});
    }
    return status;
}

int gmpki_drbg_generate(gmpki_drbg *drbg, uint8_t *data, size_t len, const uint8_t *additional, size_t additional_len) {
    if (data == NULL && len != 0) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (len > GMPKI_DRBG_MAX_REQUEST_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    input extra = {additional, additional_len};
    int status = drbg == NULL ? GMPKI_ERR_ARGUMENT : check_input(extra, 0);
    if (status == GMPKI_OK) {
        status = check_ready(drbg);
    }
    if (status == GMPKI_OK && len != 0) {
        status = refresh(drbg, &extra);
    }
    if (status != GMPKI_OK) {
        zero_bytes(data, len);
        return status;
    }
    if (len != 0) {
        generate(drbg, data, len, extra);
    }
    return GMPKI_OK;
}

void gmpki_drbg_clear(gmpki_drbg *drbg) {
    if (drbg != NULL) {
        gmpki_cleanse(drbg, sizeof *drbg);
    }
}
