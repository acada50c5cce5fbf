/*
 * gmpki/sm4.h: the SM4 block cipher (GB/T 32907-2016), its modes of operation (GB/T 17964-2021),
 * authenticated encryption (GB/T 36624-2018, RFC 8998) and MACs (GB/T 15852.1-2020).
 *
 * No backend indexes memory by, or branches on, a key, a message or a chaining value.
 */
#ifndef GMPKI_SM4_H
#define GMPKI_SM4_H

#include "gmpki/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    GMPKI_SM4_KEY_LEN = 16,
    GMPKI_SM4_BLOCK_LEN = 16,
    GMPKI_SM4_ROUNDS = 32,
    GMPKI_SM4_XTS_KEY_LEN = 32,  /* data key, then tweak key */
    GMPKI_SM4_HCTR_KEY_LEN = 32, /* block cipher key, then hash key */
    GMPKI_SM4_MAX_TAG_LEN = 16
};

enum gmpki_sm4_direction { GMPKI_SM4_ENCRYPT = 0, GMPKI_SM4_DECRYPT = 1 };

/*
 * The modes that stream through gmpki_sm4_ctx. The text of GB/T 17964-2021 was not at hand: what is the standard's
 * alone (BC, OFBNLF, the XTS order GB, HCTR) follows published implementations and the examples of the standard that
 * they carry.
 */
enum gmpki_sm4_mode {
    GMPKI_SM4_ECB = 0,    /* no iv */
    GMPKI_SM4_CBC = 1,    /* 16-byte iv */
    GMPKI_SM4_CFB128 = 2, /* 16-byte iv */
    GMPKI_SM4_CFB8 = 3,   /* 16-byte iv */
    GMPKI_SM4_OFB = 4,    /* 16-byte iv */
    GMPKI_SM4_CTR = 5,    /* 16-byte initial counter block, incremented as one big-endian number */
    GMPKI_SM4_BC = 6,     /* block chaining; 16-byte iv */
    GMPKI_SM4_OFBNLF = 7  /* output feedback with a nonlinear function; 16-byte iv */
};

/* For ECB, CBC, BC and OFBNLF, which work on whole blocks; the stream modes take GMPKI_SM4_NO_PADDING only. */
enum gmpki_sm4_padding {
    GMPKI_SM4_NO_PADDING = 0,
    GMPKI_SM4_PKCS7 = 1 /* RFC 5652 6.3: 1 to 16 bytes are added */
};

/* An expanded key: round keys in the order of encryption. Works with every backend. Fields are private. */
typedef struct gmpki_sm4_key {
    uint32_t round_keys[GMPKI_SM4_ROUNDS];
} gmpki_sm4_key;

/* Expand a key. CT: constant. */
GMPKI_API int gmpki_sm4_key_init(GMPKI_OUT gmpki_sm4_key *key, GMPKI_SECRET const uint8_t raw[GMPKI_SM4_KEY_LEN]);

/* Encrypt or decrypt block_count single blocks, in place allowed. The block cipher itself, for those who build on it.
 * CT: time depends on block_count only. */
GMPKI_API int gmpki_sm4_blocks(GMPKI_SECRET const gmpki_sm4_key *key, int direction, GMPKI_OUT uint8_t *out,
                               GMPKI_SECRET const uint8_t *in, size_t block_count);

/* ---- streaming modes ------------------------------------------------------------------- */

/* A running encryption or decryption. Fields are private. */
typedef struct gmpki_sm4_ctx {
    gmpki_sm4_key key;
    uint8_t chain[GMPKI_SM4_BLOCK_LEN];  /* iv, then what the mode carries from block to block */
    uint8_t buffer[GMPKI_SM4_BLOCK_LEN]; /* a block not yet whole, or key stream not yet used */
    uint32_t buffer_len;
    uint8_t mode;
    uint8_t direction;
    uint8_t padding;
    uint8_t ready;
    uint64_t total_len;
} gmpki_sm4_ctx;

/*
 * Start. iv_len is 16, or 0 for ECB (GMPKI_ERR_LENGTH otherwise). CT: key and data do not influence time.
 */
GMPKI_API int gmpki_sm4_init(GMPKI_OUT gmpki_sm4_ctx *ctx, int mode, int direction, int padding,
                             GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN], GMPKI_PUBLIC const uint8_t *iv,
                             size_t iv_len);

/*
 * Process in_len bytes; *out_len receives how many were written, at most in_len + 15. out may be in itself when nothing
 * is buffered. GMPKI_ERR_BUFFER, with nothing consumed, when out_size cannot hold them; GMPKI_ERR_LIMIT when
 * 2^64 - 1 bytes are passed. The counter of CTR goes from all ones to zero. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_sm4_update(GMPKI_SECRET gmpki_sm4_ctx *ctx, GMPKI_OUT uint8_t *out, size_t out_size,
                               GMPKI_OUT size_t *out_len, GMPKI_SECRET const uint8_t *in, size_t in_len);

/*
 * End: writes at most 16 bytes and cleanses the context, also on failure. With padding, out_size must be 16 or more
 * (GMPKI_ERR_BUFFER), whatever comes out. GMPKI_ERR_PADDING when whole blocks were needed and padding is off;
 * GMPKI_ERR_DECRYPT when PKCS#7 padding is wrong or missing.
 * CT: time depends on lengths, and on whether the padding was right; not on where it was wrong.
 */
GMPKI_API int gmpki_sm4_final(GMPKI_SECRET gmpki_sm4_ctx *ctx, GMPKI_OUT uint8_t *out, size_t out_size,
                              GMPKI_OUT size_t *out_len);

/* Cleanse a context that will not be finished. CT: constant. */
GMPKI_API_VOID void gmpki_sm4_clear(GMPKI_SECRET gmpki_sm4_ctx *ctx);

/*
 * CBC encryption of count messages, each with its own key, iv (16 bytes each) and length in whole blocks; keys and
 * lengths may differ. One CBC stream waits for itself from block to block; several side by side are up to sixteen times
 * as fast. A message may be encrypted in place, but may not overlap another one. GMPKI_ERR_LENGTH when a length is not
 * of whole blocks. Every array may be NULL where count is 0. On failure all outputs are zeroed. CT: time depends on
 * lengths and count only.
 */
GMPKI_API int gmpki_sm4_cbc_encrypt_batch(GMPKI_SECRET const gmpki_sm4_key *const *keys, GMPKI_OUT uint8_t *const *outs,
                                          GMPKI_PUBLIC const uint8_t *ivs, GMPKI_SECRET const uint8_t *const *ins,
                                          GMPKI_PUBLIC const size_t *lens, size_t count);

/* ---- whole-message modes --------------------------------------------------------------- */

enum gmpki_sm4_xts_order {
    GMPKI_SM4_XTS_IEEE = 0, /* IEEE 1619: the tweak's first byte holds the lowest powers, bit 0 the lowest of them */
    GMPKI_SM4_XTS_GB = 1    /* GB/T 17964-2021: bit 7 of the first byte is the lowest power, as in GHASH */
};

/*
 * XTS with ciphertext stealing over one data unit of 16 .. 2^24 bytes, in place allowed. Two equal key halves are
 * refused for encryption (GMPKI_ERR_ARGUMENT). CT: time depends on in_len and on whether the halves are equal.
 */
GMPKI_API int gmpki_sm4_xts(GMPKI_OUT uint8_t *out, int direction, int order,
                            GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_XTS_KEY_LEN],
                            GMPKI_PUBLIC const uint8_t tweak[GMPKI_SM4_BLOCK_LEN], GMPKI_SECRET const uint8_t *in,
                            size_t in_len);

/*
 * HCTR (GB/T 17964-2021): a length-preserving, tweakable mode over one message of 16 .. 2^32 - 1 bytes. The standard's
 * tweak has 16 bytes; up to 2^24 are taken, but all tweaks under one key must have one length, or message and tweak can
 * be shifted against each other. in may be out. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_sm4_hctr(GMPKI_OUT uint8_t *out, int direction,
                             GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_HCTR_KEY_LEN],
                             GMPKI_PUBLIC const uint8_t *tweak, size_t tweak_len, GMPKI_SECRET const uint8_t *in,
                             size_t in_len);

/* ---- authenticated encryption ---------------------------------------------------------- */

/*
 * GCM (GB/T 36624-2018 clause 11, RFC 8998). nonce_len >= 1 (12 recommended), tag_len 4, 8 or 12 .. 16, message up to
 * 2^36 - 32 bytes, in place allowed. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_sm4_gcm_encrypt(GMPKI_OUT uint8_t *out, GMPKI_OUT uint8_t *tag, size_t tag_len,
                                    GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                                    GMPKI_PUBLIC const uint8_t *nonce, size_t nonce_len,
                                    GMPKI_PUBLIC const uint8_t *associated_data, size_t associated_data_len,
                                    GMPKI_SECRET const uint8_t *in, size_t in_len);

/* The reverse. GMPKI_ERR_DECRYPT, with out zeroed, when the tag is wrong. CT: time depends on lengths and on whether
 * the tag was right. */
GMPKI_API int gmpki_sm4_gcm_decrypt(GMPKI_OUT uint8_t *out, GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                                    GMPKI_PUBLIC const uint8_t *nonce, size_t nonce_len,
                                    GMPKI_PUBLIC const uint8_t *associated_data, size_t associated_data_len,
                                    GMPKI_SECRET const uint8_t *in, size_t in_len, GMPKI_PUBLIC const uint8_t *tag,
                                    size_t tag_len);

/* A running GCM. Fields are private. */
typedef struct gmpki_sm4_gcm_ctx {
    gmpki_sm4_key key;
    uint8_t hash_key[GMPKI_SM4_BLOCK_LEN];
    uint8_t counter[GMPKI_SM4_BLOCK_LEN];
    uint8_t tag_mask[GMPKI_SM4_BLOCK_LEN];
    uint8_t digest[GMPKI_SM4_BLOCK_LEN];
    uint8_t buffer[GMPKI_SM4_BLOCK_LEN];  /* key stream not yet used */
    uint8_t pending[GMPKI_SM4_BLOCK_LEN]; /* authenticated bytes short of a block */
    uint64_t associated_data_len;
    uint64_t message_len;
    uint8_t direction;
    uint8_t ready;
    uint8_t reserved[6];
} gmpki_sm4_gcm_ctx;

/* Start. CT: key does not influence time. */
GMPKI_API int gmpki_sm4_gcm_init(GMPKI_OUT gmpki_sm4_gcm_ctx *ctx, int direction,
                                 GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                                 GMPKI_PUBLIC const uint8_t *nonce, size_t nonce_len);

/* Add associated data; before any message byte (GMPKI_ERR_STATE after). CT: time depends on lengths only. */
GMPKI_API int gmpki_sm4_gcm_associate(GMPKI_SECRET gmpki_sm4_gcm_ctx *ctx, GMPKI_PUBLIC const uint8_t *associated_data,
                                      size_t len);

/*
 * Process len bytes into len bytes, in place allowed. While decrypting, what comes out is NOT yet authenticated:
 * it may be used only after gmpki_sm4_gcm_final_verify has succeeded. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_sm4_gcm_update(GMPKI_SECRET gmpki_sm4_gcm_ctx *ctx, GMPKI_OUT uint8_t *out,
                                   GMPKI_SECRET const uint8_t *in, size_t len);

/* End an encryption: write the tag, cleanse the context. CT: constant. */
GMPKI_API int gmpki_sm4_gcm_final(GMPKI_SECRET gmpki_sm4_gcm_ctx *ctx, GMPKI_OUT uint8_t *tag, size_t tag_len);

/* End a decryption: GMPKI_ERR_DECRYPT when the tag is wrong; the context is cleansed. CT: time depends on whether the
 * tag was right. */
GMPKI_API int gmpki_sm4_gcm_final_verify(GMPKI_SECRET gmpki_sm4_gcm_ctx *ctx, GMPKI_PUBLIC const uint8_t *tag,
                                         size_t tag_len);

/* Cleanse a context that will not be finished. CT: constant. */
GMPKI_API_VOID void gmpki_sm4_gcm_clear(GMPKI_SECRET gmpki_sm4_gcm_ctx *ctx);

/*
 * CCM (GB/T 36624-2018 clause 9, RFC 3610). nonce_len 7 .. 13; tag_len 4, 6, ... 16; message shorter than 2^(8*(15 -
 * nonce_len)) bytes, in place allowed. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_sm4_ccm_encrypt(GMPKI_OUT uint8_t *out, GMPKI_OUT uint8_t *tag, size_t tag_len,
                                    GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                                    GMPKI_PUBLIC const uint8_t *nonce, size_t nonce_len,
                                    GMPKI_PUBLIC const uint8_t *associated_data, size_t associated_data_len,
                                    GMPKI_SECRET const uint8_t *in, size_t in_len);

/* The reverse. GMPKI_ERR_DECRYPT, with out zeroed, when the tag is wrong. CT: time depends on lengths and on whether
 * the tag was right. */
GMPKI_API int gmpki_sm4_ccm_decrypt(GMPKI_OUT uint8_t *out, GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                                    GMPKI_PUBLIC const uint8_t *nonce, size_t nonce_len,
                                    GMPKI_PUBLIC const uint8_t *associated_data, size_t associated_data_len,
                                    GMPKI_SECRET const uint8_t *in, size_t in_len, GMPKI_PUBLIC const uint8_t *tag,
                                    size_t tag_len);

/* ---- message authentication ------------------------------------------------------------ */

/*
 * CBC-MAC (GB/T 15852.1-2020, MAC algorithm 1) of whole blocks, at least one; mac_len 1 .. 16. Safe only when all
 * messages have one length: prefer CMAC. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_sm4_cbc_mac(GMPKI_OUT uint8_t *mac, size_t mac_len,
                                GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN], GMPKI_SECRET const uint8_t *data,
                                size_t len);

/* A running CMAC. Fields are private. */
typedef struct gmpki_sm4_cmac_ctx {
    gmpki_sm4_key key;
    uint8_t chain[GMPKI_SM4_BLOCK_LEN];
    uint8_t buffer[GMPKI_SM4_BLOCK_LEN];
    uint32_t buffer_len;
    uint32_t ready;
} gmpki_sm4_cmac_ctx;

/* Start a CMAC (GB/T 15852.1-2020, MAC algorithm 5; RFC 4493 with SM4). CT: key does not influence time. */
GMPKI_API int gmpki_sm4_cmac_init(GMPKI_OUT gmpki_sm4_cmac_ctx *ctx,
                                  GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN]);

/* Add len bytes. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm4_cmac_update(GMPKI_SECRET gmpki_sm4_cmac_ctx *ctx, GMPKI_SECRET const uint8_t *data, size_t len);

/* Write mac_len (1 .. 16) bytes and cleanse the context. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm4_cmac_final(GMPKI_SECRET gmpki_sm4_cmac_ctx *ctx, GMPKI_OUT uint8_t *mac, size_t mac_len);

/* CMAC of one message. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm4_cmac(GMPKI_OUT uint8_t *mac, size_t mac_len,
                             GMPKI_SECRET const uint8_t raw_key[GMPKI_SM4_KEY_LEN], GMPKI_SECRET const uint8_t *data,
                             size_t len);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_SM4_H */
