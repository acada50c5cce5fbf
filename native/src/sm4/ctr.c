/* Counter mode (GB/T 17964-2021, clause 9; NIST SP 800-38A, 6.5), also for GCM and CCM. */
#include "common/bytes.h"
#include "common/ct.h"
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, FIXED = BLOCK - 4 };

/* Blocks whose counters differ in the last 32 bits only, which may wrap. */
static void run_of_blocks(const gmpki_sm4_key *key, const uint8_t counter[BLOCK], uint8_t *out, const uint8_t *in,
                          size_t block_count) {
    const sm4_backend *backend = sm4_active();
    if (backend->ctr != NULL) {
        backend->ctr(key->round_keys, counter, out, in, block_count);
        return;
    }
    uint8_t stream[SM4_BATCH_LEN];
    uint32_t low = load_be32(counter + FIXED);
    while (block_count != 0) {
        size_t now = block_count < SM4_BATCH ? block_count : SM4_BATCH;
        for (size_t i = 0; i < now; i++) {
            copy_bytes(stream + BLOCK * i, counter, FIXED);
            store_be32(stream + BLOCK * i + FIXED, low);
            /* Without the barrier gcc ends the loop by comparing counters, which may be secret, instead of i. */
            low = (uint32_t)value_barrier((uint64_t)low + 1);
        }
        backend->crypt(key->round_keys, stream, stream, now);
        sm4_xor(out, in, stream, BLOCK * now);
        in += BLOCK * now;
        out += BLOCK * now;
        block_count -= now;
    }
    gmpki_cleanse(stream, sizeof stream);
}

/* The counter of GCM: 32 bits that wrap. It may come from GHASH of a long nonce under the secret hash key, so nothing
 * here looks at its value. */
static void crypt_short_counter(const gmpki_sm4_key *key, uint8_t counter[BLOCK], uint8_t *out, const uint8_t *in,
                                size_t block_count) {
    run_of_blocks(key, counter, out, in, block_count);
    store_be32(counter + FIXED, load_be32(counter + FIXED) + (uint32_t)block_count);
}

/* The whole block is the counter, and public: a run ends where the last 32 bits wrap, and carries into the others. */
static void crypt_long_counter(const gmpki_sm4_key *key, uint8_t counter[BLOCK], uint8_t *out, const uint8_t *in,
                               size_t block_count) {
    while (block_count != 0) {
        uint32_t low = load_be32(counter + FIXED);
        uint64_t room = ((uint64_t)1 << 32) - low;
        size_t now = block_count < room ? block_count : (size_t)room;
        run_of_blocks(key, counter, out, in, now);
        store_be32(counter + FIXED, low + (uint32_t)now);
        int carry = now == room;
        for (size_t i = FIXED; carry && i != 0; i--) {
            counter[i - 1]++;
            carry = counter[i - 1] == 0;
        }
        in += BLOCK * now;
        out += BLOCK * now;
        block_count -= now;
    }
}

void sm4_ctr(const gmpki_sm4_key *key, uint8_t counter[BLOCK], enum sm4_counter counter_len, uint8_t *out,
             const uint8_t *in, size_t len) {
    void (*crypt)(const gmpki_sm4_key *, uint8_t *, uint8_t *, const uint8_t *, size_t) =
        counter_len == SM4_SHORT_COUNTER ? crypt_short_counter : crypt_long_counter;
    size_t whole = len - len % BLOCK;
    crypt(key, counter, out, in, whole / BLOCK);
    if (len != whole) {
        uint8_t stream[BLOCK] = {0};
        crypt(key, counter, stream, stream, 1);
        sm4_xor(out + whole, in + whole, stream, len - whole);
        gmpki_cleanse(stream, sizeof stream);
    }
}

void sm4_ctr_continue(const gmpki_sm4_key *key, uint8_t counter[BLOCK], enum sm4_counter counter_len,
                      uint8_t stream[BLOCK], size_t position, uint8_t *out, const uint8_t *in, size_t len) {
    if (position != 0) {
        size_t now = BLOCK - position < len ? BLOCK - position : len;
        sm4_xor(out, in, stream + position, now);
        in += now;
        out += now;
        len -= now;
    }
    size_t whole = len - len % BLOCK;
    sm4_ctr(key, counter, counter_len, out, in, whole);
    if (len != whole) {
        zero_bytes(stream, BLOCK);
        sm4_ctr(key, counter, counter_len, stream, stream, BLOCK);
        sm4_xor(out + whole, in + whole, stream, len - whole);
    }
}

void sm4_ctr_running(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    sm4_ctr_continue(&ctx->key, ctx->chain, SM4_LONG_COUNTER, ctx->buffer, (size_t)(ctx->total_len % BLOCK), out, in,
                     len);
}
