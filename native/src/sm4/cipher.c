/* The block cipher on the active backend, and the exported functions that are nothing but it. */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm4/sm4.h"

const sm4_backend *sm4_active(void) {
    /* backend_info is the first member of every sm4_backend. */
    return (const sm4_backend *)(const void *)backend_current(GMPKI_SM4);
}

void sm4_expand(gmpki_sm4_key *key, const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    sm4_active()->expand_key(key->round_keys, raw);
}

void sm4_encrypt(const gmpki_sm4_key *key, uint8_t *out, const uint8_t *in, size_t block_count) {
    sm4_active()->crypt(key->round_keys, out, in, block_count);
}

void sm4_reverse(uint32_t reversed[GMPKI_SM4_ROUNDS], const gmpki_sm4_key *key) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i++) {
        reversed[i] = key->round_keys[GMPKI_SM4_ROUNDS - 1 - i];
    }
}

void sm4_decrypt(const gmpki_sm4_key *key, uint8_t *out, const uint8_t *in, size_t block_count) {
    uint32_t reversed[GMPKI_SM4_ROUNDS];
    sm4_reverse(reversed, key);
    sm4_active()->crypt(reversed, out, in, block_count);
    gmpki_cleanse(reversed, sizeof reversed);
}

/* A vector of the compilers' own, which they map to what the processor has. */
typedef uint64_t lanes __attribute__((vector_size(16)));

void sm4_xor(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len) {
    size_t i = 0;
    for (; len - i >= sizeof(lanes); i += sizeof(lanes)) {
        lanes x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        x ^= y;
        memcpy(out + i, &x, sizeof x);
    }
    for (; i < len; i++) {
        out[i] = a[i] ^ b[i];
    }
}

void sm4_zero_tag(uint8_t *tag, size_t tag_len) {
    zero_output(tag, tag_len < GMPKI_SM4_MAX_TAG_LEN ? tag_len : GMPKI_SM4_MAX_TAG_LEN);
}

int gmpki_sm4_key_init(gmpki_sm4_key *key, const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    zero_bytes(key, sizeof *key);
    if (raw == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM4);
    if (status == GMPKI_OK) {
        sm4_expand(key, raw);
    }
    return status;
}

int gmpki_sm4_blocks(const gmpki_sm4_key *key, int direction, uint8_t *out, const uint8_t *in, size_t block_count) {
    if (block_count > SIZE_MAX / GMPKI_SM4_BLOCK_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int missing = key == NULL || (block_count != 0 && (out == NULL || in == NULL));
    int known = direction == GMPKI_SM4_ENCRYPT || direction == GMPKI_SM4_DECRYPT;
    int status = missing || !known ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        zero_output(out, block_count * GMPKI_SM4_BLOCK_LEN);
        return status;
    }
    if (direction == GMPKI_SM4_ENCRYPT) {
        sm4_encrypt(key, out, in, block_count);
    } else {
        sm4_decrypt(key, out, in, block_count);
    }
    return GMPKI_OK;
}
