/* What the one-shot and the streaming form of GCM share. */
#ifndef GMPKI_SRC_SM4_GCM_H
#define GMPKI_SRC_SM4_GCM_H

#include "sm4/sm4.h"

enum { GCM_NONCE_LEN = 12 };

/* NIST SP 800-38D, 5.2.1.1: bytes of message, and of associated data and nonce (2^61 - 1 of them have 2^64 - 8 bits).
 */
#define GCM_MAX_MESSAGE_LEN (((uint64_t)1 << 36) - 32)
#define GCM_MAX_OTHER_LEN (((uint64_t)1 << 61) - 1)

/* Tags of 4, 8 and 12 .. 16 bytes (5.2.1.2). */
int sm4_gcm_tag_len_allowed(size_t tag_len);

typedef struct gcm {
    gmpki_sm4_key key;
    uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]; /* H = E(0) */
    uint8_t counter[GMPKI_SM4_BLOCK_LEN];  /* J0 + 1 */
    uint8_t tag_mask[GMPKI_SM4_BLOCK_LEN]; /* E(J0) */
    sm4_ghash_state hash;
} gcm;

/* Expand the key and derive H, J0 and the mask of the tag (7.1, steps 1 and 2). The hash is left at its start. */
void sm4_gcm_start(gcm *g, const uint8_t raw_key[GMPKI_SM4_KEY_LEN], const uint8_t *nonce, size_t nonce_len);

/* What encryption and decryption of GCM and CCM ask of their pointers: GMPKI_OK or GMPKI_ERR_ARGUMENT. */
int sm4_aead_check_pointers(const void *out, const void *tag, const void *raw_key, const void *nonce, size_t nonce_len,
                            const void *associated_data, size_t associated_data_len, const void *in, size_t in_len);

/* GMPKI_OK when the tag agrees, else GMPKI_ERR_DECRYPT. CT: time depends on the answer only. */
int sm4_tag_check(const uint8_t *computed, const uint8_t *received, size_t tag_len);

#endif /* GMPKI_SRC_SM4_GCM_H */
