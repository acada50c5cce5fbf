/* Constant-time entries of gmpki/sm4.h. */
#include <stdlib.h>
#include <string.h>

#include "ctime.h"
#include "gmpki/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, LEN = 1300, BLOCKS = LEN / BLOCK, PART_LEN = 37 };

static uint8_t key[32];
static uint8_t secret[LEN];
static uint8_t out[LEN + 2 * BLOCK];
static uint8_t iv[BLOCK];
static uint8_t associated_data[40];
static uint8_t tag[BLOCK];

static void make_public(void) {
    memset(key, 0x5A, sizeof key);
    key[31] = 1; /* the halves differ, as XTS asks */
    memset(secret, 0x33, sizeof secret);
    memset(iv, 0xA5, sizeof iv);
    memset(associated_data, 0x0F, sizeof associated_data);
}

static void make_secret(void) {
    make_public();
    ctime_secret(key, sizeof key);
    ctime_secret(secret, sizeof secret);
}

/* A status is public: an entry that does not go where it should tests nothing and must not pass. */
static void must(int status, int expected) {
    if (status != expected) {
        abort();
    }
}

static void key_init(void) {
    gmpki_sm4_key expanded;
    make_secret();
    must(gmpki_sm4_key_init(&expanded, key), GMPKI_OK);
}

/* The kernels have one path for one block, others for few and for many, and for what is left of many. */
static void crypt_blocks(int direction) {
    gmpki_sm4_key expanded;
    make_secret();
    must(gmpki_sm4_key_init(&expanded, key), GMPKI_OK);
    must(gmpki_sm4_blocks(&expanded, direction, out, secret, 1), GMPKI_OK);
    must(gmpki_sm4_blocks(&expanded, direction, out, secret, 5), GMPKI_OK);
    must(gmpki_sm4_blocks(&expanded, direction, out, secret, 45), GMPKI_OK);
    must(gmpki_sm4_blocks(&expanded, direction, out, secret, BLOCKS), GMPKI_OK);
}

static void blocks_encrypt(void) {
    crypt_blocks(GMPKI_SM4_ENCRYPT);
}

static void blocks_decrypt(void) {
    crypt_blocks(GMPKI_SM4_DECRYPT);
}

/* What a context holds of its key and message; its lengths, mode and marks are public. */
static void hide_ctx(gmpki_sm4_ctx *ctx) {
    ctime_secret(&ctx->key, sizeof ctx->key);
    ctime_secret(ctx->chain, sizeof ctx->chain);
    ctime_secret(ctx->buffer, sizeof ctx->buffer);
}

static void start(gmpki_sm4_ctx *ctx, int mode, int direction, int padding) {
    make_secret();
    must(gmpki_sm4_init(ctx, mode, direction, padding, key, iv, mode == GMPKI_SM4_ECB ? 0 : BLOCK), GMPKI_OK);
}

/* A piece that ends within a block, then many blocks. A counter is public and stays so. */
static void update_mode(int mode, int direction) {
    gmpki_sm4_ctx ctx;
    size_t len = 0;
    start(&ctx, mode, direction, GMPKI_SM4_NO_PADDING);
    if (mode != GMPKI_SM4_CTR) {
        hide_ctx(&ctx);
    }
    must(gmpki_sm4_update(&ctx, out, sizeof out, &len, secret, PART_LEN), GMPKI_OK);
    must(gmpki_sm4_update(&ctx, out, sizeof out, &len, secret, LEN - PART_LEN), GMPKI_OK);
}

#define UPDATE_ENTRIES(name, mode)                                                                                     \
    static void name##_encrypt(void) {                                                                                 \
        update_mode(mode, GMPKI_SM4_ENCRYPT);                                                                          \
    }                                                                                                                  \
    static void name##_decrypt(void) {                                                                                 \
        update_mode(mode, GMPKI_SM4_DECRYPT);                                                                          \
    }

UPDATE_ENTRIES(ecb, GMPKI_SM4_ECB)
UPDATE_ENTRIES(cbc, GMPKI_SM4_CBC)
UPDATE_ENTRIES(cfb128, GMPKI_SM4_CFB128)
UPDATE_ENTRIES(cfb8, GMPKI_SM4_CFB8)
UPDATE_ENTRIES(ofb, GMPKI_SM4_OFB)
UPDATE_ENTRIES(ctr, GMPKI_SM4_CTR)
UPDATE_ENTRIES(bc, GMPKI_SM4_BC)
UPDATE_ENTRIES(ofbnlf, GMPKI_SM4_OFBNLF)

static void init(void) {
    gmpki_sm4_ctx ctx;
    start(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_PKCS7);
}

static void clear(void) {
    gmpki_sm4_ctx ctx;
    start(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_PKCS7);
    hide_ctx(&ctx);
    gmpki_sm4_clear(&ctx);
}

static void final_padding(void) {
    gmpki_sm4_ctx ctx;
    size_t len = 0;
    start(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_PKCS7);
    must(gmpki_sm4_update(&ctx, out, sizeof out, &len, secret, PART_LEN), GMPKI_OK);
    must(gmpki_sm4_final(&ctx, out, sizeof out, &len), GMPKI_OK);
}

/* Decrypt a message that ends with this padding, made beforehand from public data. */
static void final_unpadding(uint8_t last, uint8_t before_last, int expected) {
    gmpki_sm4_ctx ctx;
    size_t len = 0;
    make_public();
    secret[2 * BLOCK - 1] = last;
    secret[2 * BLOCK - 2] = before_last;
    must(gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, key, iv, BLOCK), GMPKI_OK);
    must(gmpki_sm4_update(&ctx, secret, sizeof secret, &len, secret, 2 * BLOCK), GMPKI_OK);
    ctime_secret(key, sizeof key);
    ctime_secret(secret, sizeof secret);
    must(gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_DECRYPT, GMPKI_SM4_PKCS7, key, iv, BLOCK), GMPKI_OK);
    must(gmpki_sm4_update(&ctx, out, sizeof out, &len, secret, 2 * BLOCK), GMPKI_OK);
    must(gmpki_sm4_final(&ctx, out, sizeof out, &len), expected);
}

static void final_right_padding(void) {
    final_unpadding(2, 2, GMPKI_OK);
}

static void final_wrong_last_byte(void) {
    final_unpadding(17, 17, GMPKI_ERR_DECRYPT);
}

static void final_wrong_other_byte(void) {
    final_unpadding(2, 3, GMPKI_ERR_DECRYPT);
}

static void xts(int direction, int order) {
    make_secret();
    must(gmpki_sm4_xts(out, direction, order, key, iv, secret, LEN), GMPKI_OK);
}

static void xts_ieee_encrypt(void) {
    xts(GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_IEEE);
}

static void xts_ieee_decrypt(void) {
    xts(GMPKI_SM4_DECRYPT, GMPKI_SM4_XTS_IEEE);
}

static void xts_gb_encrypt(void) {
    xts(GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_GB);
}

static void xts_gb_decrypt(void) {
    xts(GMPKI_SM4_DECRYPT, GMPKI_SM4_XTS_GB);
}

static void xts_equal_halves(void) {
    make_public();
    memset(key, 0x5A, sizeof key);
    ctime_secret(key, sizeof key);
    must(gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_IEEE, key, iv, secret, LEN), GMPKI_ERR_ARGUMENT);
}

static void hctr_encrypt(void) {
    make_secret();
    must(gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, key, iv, sizeof iv, secret, LEN), GMPKI_OK);
}

static void hctr_decrypt(void) {
    make_secret();
    must(gmpki_sm4_hctr(out, GMPKI_SM4_DECRYPT, key, iv, sizeof iv, secret, LEN), GMPKI_OK);
}

/* A nonce of 16 bytes goes through GHASH, so its counter depends on the key. */
static void gcm_encrypt(void) {
    make_secret();
    must(gmpki_sm4_gcm_encrypt(out, tag, sizeof tag, key, iv, 12, associated_data, sizeof associated_data, secret, LEN),
         GMPKI_OK);
}

static void gcm_encrypt_long_nonce(void) {
    make_secret();
    must(gmpki_sm4_gcm_encrypt(out, tag, sizeof tag, key, iv, 16, associated_data, sizeof associated_data, secret, LEN),
         GMPKI_OK);
}

static void ccm_encrypt(void) {
    make_secret();
    must(gmpki_sm4_ccm_encrypt(out, tag, sizeof tag, key, iv, 12, associated_data, sizeof associated_data, secret, LEN),
         GMPKI_OK);
}

/* Seal public data; then key and ciphertext are secret and the tag, which may have a wrong bit, is public. */
static void gcm_open(uint8_t flip, int expected) {
    make_public();
    must(gmpki_sm4_gcm_encrypt(secret, tag, sizeof tag, key, iv, 12, associated_data, sizeof associated_data, secret,
                               LEN),
         GMPKI_OK);
    tag[9] ^= flip;
    ctime_secret(key, sizeof key);
    ctime_secret(secret, sizeof secret);
    must(gmpki_sm4_gcm_decrypt(out, key, iv, 12, associated_data, sizeof associated_data, secret, LEN, tag, sizeof tag),
         expected);
}

static void gcm_decrypt(void) {
    gcm_open(0, GMPKI_OK);
}

static void gcm_decrypt_tampered(void) {
    gcm_open(0x20, GMPKI_ERR_DECRYPT);
}

static void ccm_open(uint8_t flip, int expected) {
    make_public();
    must(gmpki_sm4_ccm_encrypt(secret, tag, sizeof tag, key, iv, 12, associated_data, sizeof associated_data, secret,
                               LEN),
         GMPKI_OK);
    tag[9] ^= flip;
    ctime_secret(key, sizeof key);
    ctime_secret(secret, sizeof secret);
    must(gmpki_sm4_ccm_decrypt(out, key, iv, 12, associated_data, sizeof associated_data, secret, LEN, tag, sizeof tag),
         expected);
}

static void ccm_decrypt(void) {
    ccm_open(0, GMPKI_OK);
}

static void ccm_decrypt_tampered(void) {
    ccm_open(0x20, GMPKI_ERR_DECRYPT);
}

static void hide_gcm(gmpki_sm4_gcm_ctx *ctx) {
    ctime_secret(&ctx->key, sizeof ctx->key);
    ctime_secret(ctx->hash_key, sizeof ctx->hash_key);
    ctime_secret(ctx->counter, sizeof ctx->counter);
    ctime_secret(ctx->tag_mask, sizeof ctx->tag_mask);
    ctime_secret(ctx->digest, sizeof ctx->digest);
    ctime_secret(ctx->buffer, sizeof ctx->buffer);
    ctime_secret(ctx->pending, sizeof ctx->pending);
}

static void start_gcm(gmpki_sm4_gcm_ctx *ctx, int direction) {
    make_secret();
    must(gmpki_sm4_gcm_init(ctx, direction, key, iv, 16), GMPKI_OK);
    hide_gcm(ctx);
    must(gmpki_sm4_gcm_associate(ctx, associated_data, PART_LEN), GMPKI_OK);
}

static void gcm_init(void) {
    gmpki_sm4_gcm_ctx ctx;
    make_secret();
    must(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_ENCRYPT, key, iv, 16), GMPKI_OK);
}

static void gcm_associate(void) {
    gmpki_sm4_gcm_ctx ctx;
    start_gcm(&ctx, GMPKI_SM4_ENCRYPT);
}

static void update_gcm(gmpki_sm4_gcm_ctx *ctx, int direction) {
    start_gcm(ctx, direction);
    must(gmpki_sm4_gcm_update(ctx, out, secret, PART_LEN), GMPKI_OK);
    must(gmpki_sm4_gcm_update(ctx, out + PART_LEN, secret + PART_LEN, LEN - PART_LEN), GMPKI_OK);
}

static void gcm_update_encrypt(void) {
    gmpki_sm4_gcm_ctx ctx;
    update_gcm(&ctx, GMPKI_SM4_ENCRYPT);
}

static void gcm_update_decrypt(void) {
    gmpki_sm4_gcm_ctx ctx;
    update_gcm(&ctx, GMPKI_SM4_DECRYPT);
}

static void gcm_final(void) {
    gmpki_sm4_gcm_ctx ctx;
    update_gcm(&ctx, GMPKI_SM4_ENCRYPT);
    must(gmpki_sm4_gcm_final(&ctx, tag, sizeof tag), GMPKI_OK);
}

/* The right tag, made public, and one with a wrong bit. */
static void gcm_verify(uint8_t flip, int expected) {
    gmpki_sm4_gcm_ctx ctx;
    update_gcm(&ctx, GMPKI_SM4_ENCRYPT);
    must(gmpki_sm4_gcm_final(&ctx, tag, sizeof tag), GMPKI_OK);
    ctime_declassify(tag, sizeof tag);
    start_gcm(&ctx, GMPKI_SM4_DECRYPT);
    must(gmpki_sm4_gcm_update(&ctx, out, out, LEN), GMPKI_OK);
    tag[3] ^= flip;
    must(gmpki_sm4_gcm_final_verify(&ctx, tag, sizeof tag), expected);
}

static void gcm_final_verify(void) {
    gcm_verify(0, GMPKI_OK);
}

static void gcm_final_verify_tampered(void) {
    gcm_verify(1, GMPKI_ERR_DECRYPT);
}

static void gcm_clear(void) {
    gmpki_sm4_gcm_ctx ctx;
    start_gcm(&ctx, GMPKI_SM4_ENCRYPT);
    gmpki_sm4_gcm_clear(&ctx);
}

static void cbc_mac(void) {
    make_secret();
    must(gmpki_sm4_cbc_mac(tag, sizeof tag, key, secret, BLOCK * BLOCKS), GMPKI_OK);
}

static void cmac(void) {
    make_secret();
    must(gmpki_sm4_cmac(tag, sizeof tag, key, secret, LEN), GMPKI_OK);
}

static void start_cmac(gmpki_sm4_cmac_ctx *ctx) {
    make_secret();
    must(gmpki_sm4_cmac_init(ctx, key), GMPKI_OK);
    ctime_secret(&ctx->key, sizeof ctx->key);
    ctime_secret(ctx->chain, sizeof ctx->chain);
    ctime_secret(ctx->buffer, sizeof ctx->buffer);
}

static void cmac_init(void) {
    gmpki_sm4_cmac_ctx ctx;
    start_cmac(&ctx);
}

static void cmac_update(void) {
    gmpki_sm4_cmac_ctx ctx;
    start_cmac(&ctx);
    must(gmpki_sm4_cmac_update(&ctx, secret, LEN), GMPKI_OK);
}

static void cmac_final(void) {
    gmpki_sm4_cmac_ctx ctx;
    start_cmac(&ctx);
    must(gmpki_sm4_cmac_update(&ctx, secret, PART_LEN), GMPKI_OK);
    must(gmpki_sm4_cmac_final(&ctx, tag, sizeof tag), GMPKI_OK);
}

/* More streams than go side by side, of lengths that differ; the last one is alone in the end. */
static void cbc_encrypt_batch(void) {
    enum { STREAMS = 18 };
    gmpki_sm4_key expanded;
    const gmpki_sm4_key *keys[STREAMS];
    const uint8_t *ins[STREAMS];
    uint8_t *outs[STREAMS];
    uint8_t ivs[STREAMS][BLOCK] = {{0}};
    size_t lens[STREAMS];
    make_secret();
    must(gmpki_sm4_key_init(&expanded, key), GMPKI_OK);
    for (size_t i = 0; i < STREAMS; i++) {
        keys[i] = &expanded;
        ins[i] = secret + BLOCK * i;
        outs[i] = out + 4 * BLOCK * i;
        lens[i] = BLOCK * (i == STREAMS - 1 ? 4 : 1 + i % 3);
    }
    must(gmpki_sm4_cbc_encrypt_batch(keys, outs, ivs[0], ins, lens, STREAMS), GMPKI_OK);
}

const ctime_entry ctime_sm4[] = {
    {"gmpki_sm4_key_init", "", key_init},
    {"gmpki_sm4_blocks", "encrypt", blocks_encrypt},
    {"gmpki_sm4_blocks", "decrypt", blocks_decrypt},
    {"gmpki_sm4_init", "", init},
    {"gmpki_sm4_update", "ECB encrypt", ecb_encrypt},
    {"gmpki_sm4_update", "ECB decrypt", ecb_decrypt},
    {"gmpki_sm4_update", "CBC encrypt", cbc_encrypt},
    {"gmpki_sm4_update", "CBC decrypt", cbc_decrypt},
    {"gmpki_sm4_update", "CFB128 encrypt", cfb128_encrypt},
    {"gmpki_sm4_update", "CFB128 decrypt", cfb128_decrypt},
    {"gmpki_sm4_update", "CFB8 encrypt", cfb8_encrypt},
    {"gmpki_sm4_update", "CFB8 decrypt", cfb8_decrypt},
    {"gmpki_sm4_update", "OFB encrypt", ofb_encrypt},
    {"gmpki_sm4_update", "OFB decrypt", ofb_decrypt},
    {"gmpki_sm4_update", "CTR encrypt", ctr_encrypt},
    {"gmpki_sm4_update", "CTR decrypt", ctr_decrypt},
    {"gmpki_sm4_update", "BC encrypt", bc_encrypt},
    {"gmpki_sm4_update", "BC decrypt", bc_decrypt},
    {"gmpki_sm4_update", "OFBNLF encrypt", ofbnlf_encrypt},
    {"gmpki_sm4_update", "OFBNLF decrypt", ofbnlf_decrypt},
    {"gmpki_sm4_final", "padding", final_padding},
    {"gmpki_sm4_final", "right padding", final_right_padding},
    {"gmpki_sm4_final", "bad padding: last byte", final_wrong_last_byte},
    {"gmpki_sm4_final", "bad padding: another byte", final_wrong_other_byte},
    {"gmpki_sm4_clear", "", clear},
    {"gmpki_sm4_cbc_encrypt_batch", "", cbc_encrypt_batch},
    {"gmpki_sm4_xts", "IEEE encrypt", xts_ieee_encrypt},
    {"gmpki_sm4_xts", "IEEE decrypt", xts_ieee_decrypt},
    {"gmpki_sm4_xts", "GB encrypt", xts_gb_encrypt},
    {"gmpki_sm4_xts", "GB decrypt", xts_gb_decrypt},
    {"gmpki_sm4_xts", "equal halves", xts_equal_halves},
    {"gmpki_sm4_hctr", "encrypt", hctr_encrypt},
    {"gmpki_sm4_hctr", "decrypt", hctr_decrypt},
    {"gmpki_sm4_gcm_encrypt", "", gcm_encrypt},
    {"gmpki_sm4_gcm_encrypt", "long nonce", gcm_encrypt_long_nonce},
    {"gmpki_sm4_gcm_decrypt", "", gcm_decrypt},
    {"gmpki_sm4_gcm_decrypt", "wrong tag", gcm_decrypt_tampered},
    {"gmpki_sm4_gcm_init", "", gcm_init},
    {"gmpki_sm4_gcm_associate", "", gcm_associate},
    {"gmpki_sm4_gcm_update", "encrypt", gcm_update_encrypt},
    {"gmpki_sm4_gcm_update", "decrypt", gcm_update_decrypt},
    {"gmpki_sm4_gcm_final", "", gcm_final},
    {"gmpki_sm4_gcm_final_verify", "", gcm_final_verify},
    {"gmpki_sm4_gcm_final_verify", "wrong tag", gcm_final_verify_tampered},
    {"gmpki_sm4_gcm_clear", "", gcm_clear},
    {"gmpki_sm4_ccm_encrypt", "", ccm_encrypt},
    {"gmpki_sm4_ccm_decrypt", "", ccm_decrypt},
    {"gmpki_sm4_ccm_decrypt", "wrong tag", ccm_decrypt_tampered},
    {"gmpki_sm4_cbc_mac", "", cbc_mac},
    {"gmpki_sm4_cmac_init", "", cmac_init},
    {"gmpki_sm4_cmac_update", "", cmac_update},
    {"gmpki_sm4_cmac_final", "", cmac_final},
    {"gmpki_sm4_cmac", "", cmac},
    {NULL, NULL, NULL},
};
