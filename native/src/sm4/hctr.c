/*
 * HCTR (GB/T 17964-2021, clause 11; P. Wang, D. Feng, W. Wu, "HCTR: a variable-input-length enciphering mode", CISC
 * 2005). With M = M1 || M', M1 of 16 bytes:
 *
 *     Z1 = M1 ^ H(M' || T),  Z2 = E(Z1),  C' = M' ^ E(Z1 ^ Z2 ^ <1>) || E(Z1 ^ Z2 ^ <2>) ...,  C1 = Z2 ^ H(C' || T)
 *
 * H(X) = X_1 h^(m+1) ^ ... ^ X_m h^2 ^ <bits of X> h in the field and bit order of GCM, X_m filled with zeros; the
 * counters and the length are big-endian in 16 bytes. The details are taken from gmsm, which cites the standard, and
 * the standard's example of 64 bytes, which several projects publish, is in our tests; its text was not at hand. For
 * messages that are no whole number of blocks we follow the paper, as openHiTLS does: T begins right behind M' and
 * zeros come last. gmsm differs there (the second part of a T that is split starts at the wrong byte), and so does the
 * example of 60 bytes in its tests.
 *
 * Two things beyond it. The standard's tweak has 16 bytes; the paper allows any length, and so do we. But M' || T has
 * no mark between its parts: a caller who varies the length of the tweak under one key loses the proof of security.
 * And H of nothing at all (16-byte message, no tweak) is h, as the paper defines.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, MAX_TWEAK_LEN = 1 << 24 };

typedef struct hctr {
    gmpki_sm4_key key;
    uint8_t hash_key[BLOCK];
    sm4_ghash_state hash;
    const uint8_t *tweak;
    size_t tweak_len;
} hctr;

/* target ^= H(rest || T). */
static void add_hash(hctr *h, uint8_t target[BLOCK], const uint8_t *rest, size_t rest_len) {
    if (rest_len == 0 && h->tweak_len == 0) {
        sm4_xor(target, target, h->hash_key, BLOCK);
        return;
    }
    sm4_ghash_start(&h->hash, h->hash_key);
    sm4_ghash_add(&h->hash, rest, rest_len);
    sm4_ghash_add(&h->hash, h->tweak, h->tweak_len);
    sm4_ghash_pad(&h->hash);
    sm4_ghash_lengths(&h->hash, 0, 8 * ((uint64_t)rest_len + h->tweak_len));
    sm4_xor(target, target, h->hash.digest, BLOCK);
}

/* XOR the key stream E(base ^ <1>) || E(base ^ <2>) ... into in. */
static void crypt_rest(const hctr *h, const uint8_t base[BLOCK], uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t stream[SM4_BATCH_LEN];
    uint64_t low = load_be64(base + 8);
    uint64_t number = 1;
    while (len != 0) {
        size_t now = len < SM4_BATCH_LEN ? len : SM4_BATCH_LEN;
        size_t count = (now + BLOCK - 1) / BLOCK;
        for (size_t i = 0; i < count; i++) {
            copy_bytes(stream + BLOCK * i, base, 8);
            store_be64(stream + BLOCK * i + 8, low ^ number++);
        }
        sm4_encrypt(&h->key, stream, stream, count);
        sm4_xor(out, in, stream, now);
        in += now;
        out += now;
        len -= now;
    }
    gmpki_cleanse(stream, sizeof stream);
}

/* Both directions have one shape: they differ in which way the middle block goes. */
static void crypt_message(hctr *h, int direction, uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t before[BLOCK], after[BLOCK], base[BLOCK];
    copy_bytes(before, in, BLOCK);
    add_hash(h, before, in + BLOCK, len - BLOCK);
    if (direction == GMPKI_SM4_ENCRYPT) {
        sm4_encrypt(&h->key, after, before, 1);
    } else {
        sm4_decrypt(&h->key, after, before, 1);
    }
    sm4_xor(base, before, after, BLOCK);
    crypt_rest(h, base, out + BLOCK, in + BLOCK, len - BLOCK);
    add_hash(h, after, out + BLOCK, len - BLOCK);
    copy_bytes(out, after, BLOCK);
    gmpki_cleanse(before, sizeof before);
    gmpki_cleanse(after, sizeof after);
    gmpki_cleanse(base, sizeof base);
}

int gmpki_sm4_hctr(uint8_t *out, int direction, const uint8_t raw_key[GMPKI_SM4_HCTR_KEY_LEN], const uint8_t *tweak,
                   size_t tweak_len, const uint8_t *in, size_t in_len) {
    if (in_len < BLOCK || in_len > UINT32_MAX) {
        return GMPKI_ERR_LENGTH;
    }
    int missing = out == NULL || raw_key == NULL || (tweak == NULL && tweak_len != 0) || in == NULL;
    int known = direction == GMPKI_SM4_ENCRYPT || direction == GMPKI_SM4_DECRYPT;
    int status = missing || !known ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM4);
    if (status == GMPKI_OK && tweak_len > MAX_TWEAK_LEN) {
        status = GMPKI_ERR_LENGTH;
    }
    if (status != GMPKI_OK) {
        zero_output(out, in_len);
        return status;
    }
    hctr h = {.tweak = tweak, .tweak_len = tweak_len};
    sm4_expand(&h.key, raw_key);
    copy_bytes(h.hash_key, raw_key + GMPKI_SM4_KEY_LEN, BLOCK);
    crypt_message(&h, direction, out, in, in_len);
    gmpki_cleanse(&h, sizeof h);
    return GMPKI_OK;
}
