/*
 * SM4 of the core by mode. ECB, CBC and CTR go on in a context that is running, as the other libraries' do here; GCM
 * and XTS are whole messages, the key made ready included.
 */
#include "bench.h"
#include "gmpki/sm4.h"

enum { MAX_STREAMS = 16 };

static gmpki_sm4_ctx ctx;
static uint8_t tag[GMPKI_SM4_MAX_TAG_LEN];

static int prepare(const bench_case *one, int mode, int direction) {
    (void)one;
    return gmpki_sm4_init(&ctx, mode, direction, GMPKI_SM4_NO_PADDING, bench_in, bench_in,
                          mode == GMPKI_SM4_ECB ? 0 : GMPKI_SM4_BLOCK_LEN);
}

static int prepare_ecb(const bench_case *one) {
    return prepare(one, GMPKI_SM4_ECB, GMPKI_SM4_ENCRYPT);
}

static int prepare_ctr(const bench_case *one) {
    return prepare(one, GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT);
}

static int prepare_cbc_encrypt(const bench_case *one) {
    return prepare(one, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT);
}

static int prepare_cbc_decrypt(const bench_case *one) {
    return prepare(one, GMPKI_SM4_CBC, GMPKI_SM4_DECRYPT);
}

static int update(const bench_case *one) {
    size_t len;
    return gmpki_sm4_update(&ctx, bench_out, sizeof bench_out, &len, bench_in, one->argument);
}

static int key_init(const bench_case *one) {
    gmpki_sm4_key key;
    (void)one;
    return gmpki_sm4_key_init(&key, bench_in);
}

static int gcm_encrypt(const bench_case *one) {
    return gmpki_sm4_gcm_encrypt(bench_out, tag, sizeof tag, bench_in, bench_in, 12, bench_in, 13, bench_in,
                                 one->argument);
}

static int prepare_gcm_decrypt(const bench_case *one) {
    return gcm_encrypt(one);
}

static int gcm_decrypt(const bench_case *one) {
    static uint8_t opened[BENCH_MAX_DATA];
    return gmpki_sm4_gcm_decrypt(opened, bench_in, bench_in, 12, bench_in, 13, bench_out, one->argument, tag,
                                 sizeof tag);
}

static int xts_encrypt(const bench_case *one) {
    return gmpki_sm4_xts(bench_out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_IEEE, bench_in, bench_in, bench_in, one->argument);
}

static int cmac(const bench_case *one) {
    return gmpki_sm4_cmac(tag, sizeof tag, bench_in, bench_in, one->argument);
}

static gmpki_sm4_key keys[MAX_STREAMS];
static const gmpki_sm4_key *key_pointers[MAX_STREAMS];
static uint8_t *outs[MAX_STREAMS];
static const uint8_t *ins[MAX_STREAMS];
static size_t lens[MAX_STREAMS];

static int prepare_streams(const bench_case *one) {
    int status = 0;
    for (size_t i = 0; i < one->items; i++) {
        status |= gmpki_sm4_key_init(&keys[i], bench_in + 16 * i);
        key_pointers[i] = &keys[i];
        outs[i] = bench_out + i * one->argument;
        ins[i] = bench_in + i * one->argument;
        lens[i] = one->argument;
    }
    return status;
}

static int cbc_streams(const bench_case *one) {
    return gmpki_sm4_cbc_encrypt_batch(key_pointers, outs, bench_in, ins, lens, one->items);
}

static void add_streams(const char *operation, size_t items, size_t len) {
    bench_case one = {operation, "gmpki", GMPKI_SM4, len, items, len, cbc_streams, prepare_streams, NULL};
    bench_add(&one);
}

static void add(const char *operation, int (*run)(const bench_case *one), int (*ready)(const bench_case *one)) {
    static const size_t lengths[] = {16, 64, 256, 1024, 8192, 1 << 20};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        bench_case one = {operation, "gmpki", GMPKI_SM4, lengths[i], 1, lengths[i], run, ready, NULL};
        bench_add_sized(&one, lengths[i]);
    }
}

void ours_sm4_register(void) {
    bench_case key = {"sm4_key", "gmpki", GMPKI_SM4, 0, 1, 0, key_init, NULL, NULL};
    bench_case mac = {"sm4_cmac", "gmpki", GMPKI_SM4, 8192, 1, 8192, cmac, NULL, NULL};
    bench_add(&key);
    add("sm4_ecb", update, prepare_ecb);
    add("sm4_ctr", update, prepare_ctr);
    add("sm4_cbc_decrypt", update, prepare_cbc_decrypt);
    add("sm4_cbc_encrypt", update, prepare_cbc_encrypt);
    add("sm4_gcm", gcm_encrypt, NULL);
    add("sm4_gcm_decrypt", gcm_decrypt, prepare_gcm_decrypt);
    add("sm4_xts", xts_encrypt, NULL);
    bench_add_sized(&mac, 8192);
    add_streams("sm4_cbc_batch_16x1024", 16, 1024);
    add_streams("sm4_cbc_batch_16x8192", 16, 8192);
}
