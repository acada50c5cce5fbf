/* SM2 of the core in batches: figures are for each item of the batch. */
#include "bench.h"
#include "gmpki/sm2.h"

enum { MAX_BATCH = 64 };

static struct {
    gmpki_sm2_private_key keys[MAX_BATCH];
    gmpki_sm2_public_key publics[MAX_BATCH];
    const gmpki_sm2_private_key *private_pointers[MAX_BATCH];
    const gmpki_sm2_public_key *public_pointers[MAX_BATCH];
    uint8_t signatures[MAX_BATCH * GMPKI_SM2_SIGNATURE_LEN];
    uint8_t made[MAX_BATCH * GMPKI_SM2_SIGNATURE_LEN];
    int results[MAX_BATCH];
} b;

static int prepare(const bench_case *one) {
    int status = 0;
    for (size_t i = 0; i < one->items; i++) {
        uint8_t scalar[GMPKI_SM2_SCALAR_LEN] = {1, 2, 3, (uint8_t)i, 5, 6, 7};
        status |= gmpki_sm2_private_key_load(&b.keys[i], scalar);
        status |= gmpki_sm2_private_key_public(&b.keys[i], &b.publics[i]);
        status |= gmpki_sm2_sign_digest(&b.keys[i], b.signatures + i * GMPKI_SM2_SIGNATURE_LEN, bench_in + 32 * i,
                                        GMPKI_SM2_SIGN_DETERMINISTIC);
        b.private_pointers[i] = &b.keys[i];
        b.public_pointers[i] = &b.publics[i];
    }
    return status;
}

static int sign(const bench_case *one) {
    return gmpki_sm2_sign_batch(b.private_pointers, b.made, bench_in, one->items, 0);
}

static int verify(const bench_case *one) {
    return gmpki_sm2_verify_batch(b.public_pointers, b.results, b.signatures, bench_in, one->items);
}

static void add(const char *operation, int (*run)(const bench_case *one)) {
    static const size_t counts[] = {1, 8, 64};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bench_case one = {operation, "gmpki", GMPKI_SM2, 0, counts[i], 0, run, prepare, NULL};
        bench_add_sized(&one, counts[i]);
    }
}

static gmpki_sm2_private_key generated[MAX_BATCH];

static int generate(const bench_case *one) {
    return gmpki_sm2_generate_batch(generated, one->items, 0);
}

static int generate_unchecked(const bench_case *one) {
    return gmpki_sm2_generate_batch(generated, one->items, GMPKI_SM2_GENERATE_UNCHECKED);
}

void ours_sm2_batch_register(void) {
    add("sm2_sign_batch", sign);
    add("sm2_verify_batch", verify);
    add("sm2_keygen_batch", generate);
    add("sm2_keygen_unchecked_batch", generate_unchecked);
}
