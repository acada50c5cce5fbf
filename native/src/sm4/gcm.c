/* GCM in one call (GB/T 36624-2018, clause 11; RFC 8998; the steps are those of NIST SP 800-38D, clause 7). */
#include "sm4/gcm.h"

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"

enum {
    BLOCK = GMPKI_SM4_BLOCK_LEN,
    CHUNK_LEN = 8192 /* encrypted and then hashed while it is still in the nearest cache */
};

int sm4_gcm_tag_len_allowed(size_t tag_len) {
    return tag_len == 4 || tag_len == 8 || (tag_len >= 12 && tag_len <= GMPKI_SM4_MAX_TAG_LEN);
}

int sm4_tag_check(const uint8_t *computed, const uint8_t *received, size_t tag_len) {
    uint64_t wrong = difference(computed, received, tag_len);
    DECLASSIFY(&wrong, sizeof wrong); /* it becomes the status */
    return wrong == 0 ? GMPKI_OK : GMPKI_ERR_DECRYPT;
}

void sm4_gcm_start(gcm *g, const uint8_t raw_key[GMPKI_SM4_KEY_LEN], const uint8_t *nonce, size_t nonce_len) {
    sm4_expand(&g->key, raw_key);
    if (nonce_len == GCM_NONCE_LEN) {
        /* J0 is nonce || 1. Two blocks at once take little longer than one. */
        uint8_t blocks[2 * BLOCK] = {0};
        copy_bytes(blocks + BLOCK, nonce, GCM_NONCE_LEN);
        store_be32(blocks + BLOCK + GCM_NONCE_LEN, 1);
        copy_bytes(g->counter, nonce, GCM_NONCE_LEN);
        store_be32(g->counter + GCM_NONCE_LEN, 2);
        sm4_encrypt(&g->key, blocks, blocks, 2);
        copy_bytes(g->hash_key, blocks, BLOCK);
        copy_bytes(g->tag_mask, blocks + BLOCK, BLOCK);
        sm4_ghash_start(&g->hash, g->hash_key);
        gmpki_cleanse(blocks, sizeof blocks);
    } else {
        zero_bytes(g->hash_key, BLOCK);
        sm4_encrypt(&g->key, g->hash_key, g->hash_key, 1);
        sm4_ghash_start(&g->hash, g->hash_key);
        sm4_ghash_add(&g->hash, nonce, nonce_len);
        sm4_ghash_pad(&g->hash);
        sm4_ghash_lengths(&g->hash, 0, 8 * (uint64_t)nonce_len);
        copy_bytes(g->counter, g->hash.digest, BLOCK);
        zero_bytes(g->hash.digest, BLOCK);
        zero_bytes(g->tag_mask, BLOCK);
        sm4_ctr(&g->key, g->counter, SM4_SHORT_COUNTER, g->tag_mask, g->tag_mask, BLOCK);
    }
}

/* The 16-byte tag, once everything is hashed: the lengths are the last block (7.1, steps 5 and 6). */
static void finish_tag(gcm *g, uint8_t tag[BLOCK], size_t associated_data_len, size_t in_len) {
    sm4_ghash_pad(&g->hash);
    sm4_ghash_lengths(&g->hash, 8 * (uint64_t)associated_data_len, 8 * (uint64_t)in_len);
    sm4_xor(tag, g->hash.digest, g->tag_mask, BLOCK);
}

int sm4_aead_check_pointers(const void *out, const void *tag, const void *raw_key, const void *nonce, size_t nonce_len,
                            const void *associated_data, size_t associated_data_len, const void *in, size_t in_len) {
    int missing = tag == NULL || raw_key == NULL || (nonce == NULL && nonce_len != 0) ||
                  (associated_data == NULL && associated_data_len != 0) || (in_len != 0 && (in == NULL || out == NULL));
    return missing ? GMPKI_ERR_ARGUMENT : GMPKI_OK;
}

/* What encryption and decryption ask of their lengths, then of the module. */
static int check_lengths(size_t nonce_len, size_t tag_len, size_t associated_data_len, size_t in_len) {
    if (in_len > GCM_MAX_MESSAGE_LEN || associated_data_len > GCM_MAX_OTHER_LEN) {
        return GMPKI_ERR_LIMIT;
    }
    if (nonce_len == 0 || nonce_len > GCM_MAX_OTHER_LEN || !sm4_gcm_tag_len_allowed(tag_len)) {
        return GMPKI_ERR_LENGTH;
    }
    return gate(GMPKI_SM4);
}

int gmpki_sm4_gcm_encrypt(uint8_t *out, uint8_t *tag, size_t tag_len, const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                          const uint8_t *nonce, size_t nonce_len, const uint8_t *associated_data,
                          size_t associated_data_len, const uint8_t *in, size_t in_len) {
    int status =
        sm4_aead_check_pointers(out, tag, raw_key, nonce, nonce_len, associated_data, associated_data_len, in, in_len);
    if (status == GMPKI_OK) {
        status = check_lengths(nonce_len, tag_len, associated_data_len, in_len);
    }
    if (status != GMPKI_OK) {
        zero_output(out, in_len > GCM_MAX_MESSAGE_LEN ? 0 : in_len);
        sm4_zero_tag(tag, tag_len);
        return status;
    }
    gcm g;
    uint8_t full_tag[BLOCK];
    sm4_gcm_start(&g, raw_key, nonce, nonce_len);
    sm4_ghash_add(&g.hash, associated_data, associated_data_len);
    sm4_ghash_pad(&g.hash);
    for (size_t done = 0; done < in_len;) {
        size_t now = in_len - done < CHUNK_LEN ? in_len - done : CHUNK_LEN;
        sm4_ctr(&g.key, g.counter, SM4_SHORT_COUNTER, out + done, in + done, now);
        sm4_ghash_add(&g.hash, out + done, now);
        done += now;
    }
    finish_tag(&g, full_tag, associated_data_len, in_len);
    copy_bytes(tag, full_tag, tag_len);
    gmpki_cleanse(&g, sizeof g);
    gmpki_cleanse(full_tag, sizeof full_tag);
    return GMPKI_OK;
}

/* The tag comes first: not one byte is decrypted of a message that is not authentic. */
int gmpki_sm4_gcm_decrypt(uint8_t *out, const uint8_t raw_key[GMPKI_SM4_KEY_LEN], const uint8_t *nonce,
                          size_t nonce_len, const uint8_t *associated_data, size_t associated_data_len,
                          const uint8_t *in, size_t in_len, const uint8_t *tag, size_t tag_len) {
    int status =
        sm4_aead_check_pointers(out, tag, raw_key, nonce, nonce_len, associated_data, associated_data_len, in, in_len);
    if (status == GMPKI_OK) {
        status = check_lengths(nonce_len, tag_len, associated_data_len, in_len);
    }
    if (status != GMPKI_OK) {
        zero_output(out, in_len > GCM_MAX_MESSAGE_LEN ? 0 : in_len);
        return status;
    }
    gcm g;
    uint8_t full_tag[BLOCK];
    sm4_gcm_start(&g, raw_key, nonce, nonce_len);
    sm4_ghash_add(&g.hash, associated_data, associated_data_len);
    sm4_ghash_pad(&g.hash);
    sm4_ghash_add(&g.hash, in, in_len);
    finish_tag(&g, full_tag, associated_data_len, in_len);
    status = sm4_tag_check(full_tag, tag, tag_len);
    if (status == GMPKI_OK) {
        sm4_ctr(&g.key, g.counter, SM4_SHORT_COUNTER, out, in, in_len);
    } else {
        zero_bytes(out, in_len);
    }
    gmpki_cleanse(&g, sizeof g);
    gmpki_cleanse(full_tag, sizeof full_tag);
    return status;
}
