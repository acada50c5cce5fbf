/*
 * The known-answer test of SM4 on the active backend: the block cipher, and one mode of each family, so that every
 * member of a backend is used; and enough blocks at once for the widest loops of the kernels. Sources: GB/T 32907-2016
 * annex A.1 (block), draft-ribose-cfrg-sm4-10 (CBC), RFC 8998 A.1 (GCM); the CMAC was confirmed with OpenSSL, the tag
 * of the long message was computed with Tongsuo.
 */
#include "common/ct.h"
#include "common/gate.h"
#include "gmpki/sm4.h"

#ifdef GMPKI_TEST_BUILD
int sm4_known_answer_broken;
#endif

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, WIDE = 66 /* blocks: a kernel takes 64 at once, at most */ };

static const uint8_t key[BLOCK] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                   0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};

/* The key, encrypted under itself. */
static const uint8_t encrypted_key[BLOCK] = {0x68, 0x1E, 0xDF, 0x34, 0xD2, 0x06, 0x96, 0x5E,
                                             0x86, 0xB3, 0xE9, 0x4F, 0x53, 0x6E, 0x42, 0x46};

/* Of the messages under GCM. */
static const uint8_t nonce[12] = {0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0xAB, 0xCD};
static const uint8_t associated_data[20] = {0xFE, 0xED, 0xFA, 0xCE, 0xDE, 0xAD, 0xBE, 0xEF, 0xFE, 0xED,
                                            0xFA, 0xCE, 0xDE, 0xAD, 0xBE, 0xEF, 0xAB, 0xAD, 0xDA, 0xD2};

/* Each check: nonzero when an answer is wrong. */
static uint64_t check_block(void) {
    gmpki_sm4_key expanded;
    uint8_t block[BLOCK];
    int status = gmpki_sm4_key_init(&expanded, key);
    status |= gmpki_sm4_blocks(&expanded, GMPKI_SM4_ENCRYPT, block, key, 1);
    uint64_t wrong = difference(block, encrypted_key, BLOCK);
    status |= gmpki_sm4_blocks(&expanded, GMPKI_SM4_DECRYPT, block, block, 1);
    return wrong | difference(block, key, BLOCK) | (uint64_t)(status != GMPKI_OK);
}

static uint64_t check_cbc(void) {
    static const uint8_t expected[2 * BLOCK] = {0x26, 0x77, 0xF4, 0x6B, 0x09, 0xC1, 0x22, 0xCC, 0x97, 0x55, 0x33,
                                                0x10, 0x5B, 0xD4, 0xA2, 0x2A, 0xF6, 0x12, 0x5F, 0x72, 0x75, 0xCE,
                                                0x55, 0x2C, 0x3A, 0x2B, 0xBC, 0xF5, 0x33, 0xDE, 0x8A, 0x3B};
    gmpki_sm4_ctx ctx;
    uint8_t out[2 * BLOCK] = {0};
    size_t len = 0, more = 0;
    int status = gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, key, key, BLOCK);
    status |= gmpki_sm4_update(&ctx, out, sizeof out, &len, key, BLOCK);
    status |= gmpki_sm4_update(&ctx, out + BLOCK, BLOCK, &more, key, BLOCK);
    gmpki_sm4_clear(&ctx);
    return difference(out, expected, sizeof out) | (uint64_t)(status != GMPKI_OK || len + more != sizeof out);
}

static uint64_t check_gcm(void) {
    static const uint8_t pattern[8] = {0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA};
    static const uint8_t expected[BLOCK] = {0x83, 0xDE, 0x35, 0x41, 0xE4, 0xC2, 0xB5, 0x81,
                                            0x77, 0xE0, 0x65, 0xA9, 0xBF, 0x7B, 0x62, 0xEC};
    uint8_t message[64], out[64], tag[BLOCK];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = pattern[i / 8];
    }
    int status = gmpki_sm4_gcm_encrypt(out, tag, sizeof tag, key, nonce, sizeof nonce, associated_data,
                                       sizeof associated_data, message, sizeof message);
    return difference(tag, expected, sizeof tag) | (uint64_t)(status != GMPKI_OK);
}

/* Many blocks at once, all the key; the message under GCM ends within the last one. */
static uint64_t check_wide(void) {
    static const uint8_t expected[BLOCK] = {0x06, 0xA7, 0x62, 0xAA, 0x87, 0x5C, 0x2E, 0x09,
                                            0x55, 0xE0, 0x67, 0xB5, 0x87, 0xFA, 0x31, 0x1C};
    enum { MESSAGE_LEN = (WIDE - 1) * BLOCK + 5 };
    gmpki_sm4_key expanded;
    uint8_t message[WIDE * BLOCK], out[WIDE * BLOCK], tag[BLOCK];
    uint64_t wrong = 0;
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = key[i % BLOCK];
    }
    int status = gmpki_sm4_key_init(&expanded, key);
    status |= gmpki_sm4_blocks(&expanded, GMPKI_SM4_ENCRYPT, out, message, WIDE);
    for (size_t i = 0; i < WIDE; i++) {
        wrong |= difference(out + BLOCK * i, encrypted_key, BLOCK);
    }
    status |= gmpki_sm4_gcm_encrypt(out, tag, sizeof tag, key, nonce, sizeof nonce, associated_data,
                                    sizeof associated_data, message, MESSAGE_LEN);
    return wrong | difference(tag, expected, sizeof tag) | (uint64_t)(status != GMPKI_OK);
}

static uint64_t check_cmac(void) {
    static const uint8_t expected[BLOCK] = {0x49, 0x29, 0x50, 0x91, 0x79, 0x32, 0xF9, 0x85,
                                            0x2D, 0xD4, 0x7D, 0x1B, 0xA1, 0xAE, 0xB5, 0x34};
    uint8_t mac[BLOCK];
    int status = gmpki_sm4_cmac(mac, sizeof mac, key, key, BLOCK);
    return difference(mac, expected, sizeof mac) | (uint64_t)(status != GMPKI_OK);
}

int sm4_known_answer(void) {
    uint64_t wrong = check_block() | check_cbc() | check_gcm() | check_wide() | check_cmac();
#ifdef GMPKI_TEST_BUILD
    wrong |= (uint64_t)sm4_known_answer_broken;
#endif
    return wrong == 0 ? GMPKI_OK : GMPKI_ERR_SELFTEST;
}
