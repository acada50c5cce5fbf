/* Counter mode (GB/T 17964-2021, clause 9; NIST SP 800-38A, 6.5), also for GCM, CCM. */
#include "common/bytes.h"
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
            store_be32(stream + BLOCK * i + FIXED, low++);
        }
        backend->crypt(key->round_keys, stream, stream, now);
        sm4_xor(out, in, stream, BLOCK * now);
        in += BLOCK * now;
        out += BLOCK * now;
        block_count -= now;
    }
    gmpki_cleanse(stream, sizeof stream);
}

/* Add to the last 32 bits; where the counter is longer, carry. */
static void advance(uint8_t counter[BLOCK], size_t counter_len, uint32_t count) {
    uint32_t low = load_be32(counter + FIXED) + count;
    store_be32(counter + FIXED, low);
    if (counter_len > 4 && low < count) {
        size_t i = FIXED;
        do {
            i--;
            counter[i]++;
        } while (counter[i] == 0 && i > BLOCK - counter_len);
    }
}

/*
 * In GCM the counter block may come from GHASH of a long nonce under the secret hash key, so with 32 bits nothing here
 * looks at its value. A longer counter is public, and a run of blocks ends where its last 32 bits wrap.
 */
void sm4_ctr(const gmpki_sm4_key *key, uint8_t counter[BLOCK], size_t counter_len, uint8_t *out, const uint8_t *in,
             size_t len) {
    while (len >= BLOCK) {
        uint64_t now = len / BLOCK;
        uint64_t room = counter_len > 4 ? ((uint64_t)1 << 32) - load_be32(counter + FIXED) : UINT32_MAX;
        now = now < room ? now : room;
        /* A run of exactly 2^32 blocks would not fit advance(). */
        now = now < UINT32_MAX ? now : UINT32_MAX;
        run_of_blocks(key, counter, out, in, (size_t)now);
        advance(counter, counter_len, (uint32_t)now);
        in += BLOCK * now;
        out += BLOCK * now;
        len -= BLOCK * (size_t)now;
    }
    if (len != 0) {
        uint8_t stream[BLOCK];
        sm4_encrypt(key, stream, counter, 1);
        advance(counter, counter_len, 1);
        sm4_xor(out, in, stream, len);
        gmpki_cleanse(stream, sizeof stream);
    }
}

void sm4_ctr_continue(const gmpki_sm4_key *key, uint8_t counter[BLOCK], size_t counter_len, uint8_t stream[BLOCK],
                      size_t position, uint8_t *out, const uint8_t *in, size_t len) {
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
    sm4_ctr_continue(&ctx->key, ctx->chain, BLOCK, ctx->buffer, (size_t)(ctx->total_len % BLOCK), out, in, len);
}
