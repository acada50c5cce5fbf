/*
 * CCM (GB/T 36624-2018, clause 9; RFC 8998; the names of the blocks are those of RFC 3610).
 *
 * B_0 holds flags, nonce and message length; A_i holds flags, nonce and the counter i. The counter and the length have
 * 15 - nonce_len bytes, and the counter is one number of that many bytes: it carries beyond its last byte after 255
 * blocks.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm4/gcm.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, MIN_NONCE_LEN = 7, MAX_NONCE_LEN = 13 };

typedef struct ccm {
    gmpki_sm4_key key;
    uint8_t mac[BLOCK];
    uint8_t counter[BLOCK];  /* A_1 and on */
    uint8_t tag_mask[BLOCK]; /* E(A_0) */
    size_t counter_len;
} ccm;

static void mac_blocks(ccm *c, const uint8_t *data, size_t len) {
    sm4_active()->cbc_encrypt(c->key.round_keys, c->mac, NULL, data, len / BLOCK);
}

/* Bytes filled up with zeros to whole blocks. */
static void mac_padded(ccm *c, const uint8_t *data, size_t len) {
    size_t whole = len - len % BLOCK;
    mac_blocks(c, data, whole);
    if (len != whole) {
        uint8_t last[BLOCK] = {0};
        copy_bytes(last, data + whole, len - whole);
        mac_blocks(c, last, BLOCK);
        gmpki_cleanse(last, sizeof last);
    }
}

/* Associated data with its length before it: in 2 bytes, FFFE and 4, or FFFF and 8 (RFC 3610, 2.2). */
static void mac_associated_data(ccm *c, const uint8_t *data, size_t len) {
    uint8_t first[BLOCK] = {0};
    size_t prefix_len;
    if (len < 0xFF00) {
        first[0] = (uint8_t)(len >> 8);
        first[1] = (uint8_t)len;
        prefix_len = 2;
    } else if (len <= UINT32_MAX) {
        first[0] = 0xFF;
        first[1] = 0xFE;
        store_be32(first + 2, (uint32_t)len);
        prefix_len = 6;
    } else {
        first[0] = 0xFF;
        first[1] = 0xFF;
        store_be64(first + 2, len);
        prefix_len = 10;
    }
    size_t now = BLOCK - prefix_len < len ? BLOCK - prefix_len : len;
    copy_bytes(first + prefix_len, data, now);
    mac_blocks(c, first, BLOCK);
    mac_padded(c, data + now, len - now);
}

/* The key, B_0 and the associated data into the MAC, and the mask of the tag. */
static void start(ccm *c, const uint8_t raw_key[GMPKI_SM4_KEY_LEN], const uint8_t *nonce, size_t nonce_len,
                  size_t tag_len, const uint8_t *associated_data, size_t associated_data_len, size_t in_len) {
    sm4_expand(&c->key, raw_key);
    c->counter_len = BLOCK - 1 - nonce_len;
    uint8_t b0[BLOCK] = {0};
    store_be64(b0 + 8, in_len);
    b0[0] = (uint8_t)((associated_data_len != 0 ? 0x40 : 0) | (tag_len - 2) / 2 << 3 | (c->counter_len - 1));
    copy_bytes(b0 + 1, nonce, nonce_len);
    zero_bytes(c->mac, BLOCK);
    mac_blocks(c, b0, BLOCK);
    if (associated_data_len != 0) {
        mac_associated_data(c, associated_data, associated_data_len);
    }
    zero_bytes(c->counter, BLOCK);
    c->counter[0] = (uint8_t)(c->counter_len - 1);
    copy_bytes(c->counter + 1, nonce, nonce_len);
    zero_bytes(c->tag_mask, BLOCK);
    sm4_ctr(&c->key, c->counter, SM4_LONG_COUNTER, c->tag_mask, c->tag_mask, BLOCK);
}

/* What encryption and decryption ask of their lengths, then of the module. Tags have 4, 6, ... 16 bytes. */
static int check_lengths(size_t nonce_len, size_t tag_len, size_t in_len) {
    if (nonce_len < MIN_NONCE_LEN || nonce_len > MAX_NONCE_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    size_t counter_len = BLOCK - 1 - nonce_len;
    if (counter_len < 8 && in_len >= (uint64_t)1 << 8 * counter_len) {
        return GMPKI_ERR_LIMIT;
    }
    if (tag_len < 4 || tag_len > GMPKI_SM4_MAX_TAG_LEN || tag_len % 2 != 0) {
        return GMPKI_ERR_LENGTH;
    }
    return gate(GMPKI_SM4);
}

int gmpki_sm4_ccm_encrypt(uint8_t *out, uint8_t *tag, size_t tag_len, const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                          const uint8_t *nonce, size_t nonce_len, const uint8_t *associated_data,
                          size_t associated_data_len, const uint8_t *in, size_t in_len) {
    int status =
        sm4_aead_check_pointers(out, tag, raw_key, nonce, nonce_len, associated_data, associated_data_len, in, in_len);
    if (status == GMPKI_OK) {
        status = check_lengths(nonce_len, tag_len, in_len);
    }
    if (status != GMPKI_OK) {
        zero_output(out, status == GMPKI_ERR_LIMIT ? 0 : in_len);
        sm4_zero_tag(tag, tag_len);
        return status;
    }
    ccm c;
    start(&c, raw_key, nonce, nonce_len, tag_len, associated_data, associated_data_len, in_len);
    mac_padded(&c, in, in_len);
    sm4_ctr(&c.key, c.counter, SM4_LONG_COUNTER, out, in, in_len);
    sm4_xor(tag, c.mac, c.tag_mask, tag_len);
    gmpki_cleanse(&c, sizeof c);
    return GMPKI_OK;
}

/*
 * The MAC is over the plaintext, so the message is decrypted twice: piece by piece into a buffer of ours to verify it,
 * and once it is authentic into out. No byte of a message that is not leaves this function.
 */
int gmpki_sm4_ccm_decrypt(uint8_t *out, const uint8_t raw_key[GMPKI_SM4_KEY_LEN], const uint8_t *nonce,
                          size_t nonce_len, const uint8_t *associated_data, size_t associated_data_len,
                          const uint8_t *in, size_t in_len, const uint8_t *tag, size_t tag_len) {
    int status =
        sm4_aead_check_pointers(out, tag, raw_key, nonce, nonce_len, associated_data, associated_data_len, in, in_len);
    if (status == GMPKI_OK) {
        status = check_lengths(nonce_len, tag_len, in_len);
    }
    if (status != GMPKI_OK) {
        zero_output(out, status == GMPKI_ERR_LIMIT ? 0 : in_len);
        return status;
    }
    ccm c;
    uint8_t piece[SM4_BATCH_LEN], first_counter[BLOCK];
    start(&c, raw_key, nonce, nonce_len, tag_len, associated_data, associated_data_len, in_len);
    copy_bytes(first_counter, c.counter, BLOCK);
    for (size_t done = 0; done < in_len;) {
        size_t now = in_len - done < sizeof piece ? in_len - done : sizeof piece;
        sm4_ctr(&c.key, c.counter, SM4_LONG_COUNTER, piece, in + done, now);
        mac_padded(&c, piece, now);
        done += now;
    }
    sm4_xor(c.mac, c.mac, c.tag_mask, BLOCK);
    status = sm4_tag_check(c.mac, tag, tag_len);
    if (status == GMPKI_OK) {
        sm4_ctr(&c.key, first_counter, SM4_LONG_COUNTER, out, in, in_len);
    } else {
        zero_bytes(out, in_len);
    }
    gmpki_cleanse(&c, sizeof c);
    gmpki_cleanse(piece, sizeof piece);
    return status;
}
