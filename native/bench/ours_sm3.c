/* SM3 of the core: one message, many at once, HMAC and PBKDF2. */
#include "bench.h"
#include "gmpki/kdf.h"
#include "gmpki/sm3.h"

enum { ITERATIONS = 100, MAX_LANES = 64 };

static uint8_t digests[MAX_LANES * GMPKI_SM3_DIGEST_LEN];

static int hash(const bench_case *one) {
    return gmpki_sm3_hash(digests, bench_in, one->argument);
}

static int hmac(const bench_case *one) {
    return gmpki_sm3_hmac(digests, bench_in, 32, bench_in, one->argument);
}

static int pbkdf2(const bench_case *one) {
    return gmpki_sm3_pbkdf2(digests, one->argument, bench_in, 12, bench_in + 64, 16, ITERATIONS);
}

static const uint8_t *messages[MAX_LANES];
static size_t lens[MAX_LANES];

/* So many messages of equal length, each at its own place as long as there is room. */
static int prepare(const bench_case *one) {
    for (size_t i = 0; i < one->items; i++) {
        messages[i] = bench_in + i * one->argument % BENCH_MAX_DATA;
        lens[i] = one->argument;
    }
    return 0;
}

static void add_many(const char *operation, int (*run)(const bench_case *one), size_t items, size_t len,
                     size_t data_len) {
    bench_case one = {operation, "gmpki", GMPKI_SM3, data_len, items, len, run, prepare, NULL};
    bench_add(&one);
}

static int hash_many(const bench_case *one) {
    return gmpki_sm3_batch(digests, NULL, messages, lens, one->items);
}

static int hmac_many(const bench_case *one) {
    return gmpki_sm3_hmac_batch(digests, bench_in, 32, messages, lens, one->items);
}

static int pbkdf2_many(const bench_case *one) {
    return gmpki_sm3_pbkdf2_batch(digests, 32, messages, lens, messages, lens, ITERATIONS, one->items);
}

static void add(const char *operation, int (*run)(const bench_case *one), const size_t *lengths, size_t count,
                int per_byte) {
    for (size_t i = 0; i < count; i++) {
        bench_case one = {operation, "gmpki", GMPKI_SM3, per_byte ? lengths[i] : 0, 1, lengths[i], run, NULL, NULL};
        bench_add_sized(&one, lengths[i]);
    }
}

void ours_sm3_register(void) {
    static const size_t lengths[] = {64, 1024, 8192, 1 << 20};
    static const size_t keys[] = {32, 512};
    add("sm3", hash, lengths, 4, 1);
    add("sm3_hmac", hmac, lengths, 3, 1);
    add("sm3_pbkdf2_100", pbkdf2, keys, 2, 0);
    add_many("sm3_batch_8x64", hash_many, 8, 64, 64);
    add_many("sm3_batch_16x64", hash_many, 16, 64, 64);
    add_many("sm3_batch_8x8192", hash_many, 8, 8192, 8192);
    add_many("sm3_batch_16x8192", hash_many, 16, 8192, 8192);
    add_many("sm3_hmac_batch_16x64", hmac_many, 16, 64, 64);
    add_many("sm3_pbkdf2_100_batch_16", pbkdf2_many, 16, 16, 0);
}
