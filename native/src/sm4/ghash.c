/* GHASH over bytes that come in pieces, on the backend that was active at its start. */
#include "common/bytes.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

void sm4_ghash_start(sm4_ghash_state *state, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]) {
    state->backend = sm4_active();
    state->backend->ghash_init(&state->key, hash_key);
    zero_bytes(state->digest, BLOCK);
    state->pending_len = 0;
}

void sm4_ghash_add(sm4_ghash_state *state, const uint8_t *data, size_t len) {
    if (len == 0) {
        return;
    }
    if (state->pending_len != 0) {
        size_t missing = BLOCK - state->pending_len;
        size_t now = missing < len ? missing : len;
        copy_bytes(state->pending + state->pending_len, data, now);
        state->pending_len += now;
        data += now;
        len -= now;
        if (state->pending_len < BLOCK) {
            return;
        }
        state->backend->ghash(state->digest, &state->key, state->pending, 1);
    }
    size_t whole = len - len % BLOCK;
    state->backend->ghash(state->digest, &state->key, data, whole / BLOCK);
    copy_bytes(state->pending, data + whole, len - whole);
    state->pending_len = len - whole;
}

void sm4_ghash_pad(sm4_ghash_state *state) {
    if (state->pending_len != 0) {
        zero_bytes(state->pending + state->pending_len, BLOCK - state->pending_len);
        state->backend->ghash(state->digest, &state->key, state->pending, 1);
        state->pending_len = 0;
    }
}

void sm4_ghash_lengths(sm4_ghash_state *state, uint64_t first, uint64_t second) {
    uint8_t block[BLOCK];
    store_be64(block, first);
    store_be64(block + 8, second);
    state->backend->ghash(state->digest, &state->key, block, 1);
}
