/* CBC-MAC over any of the block ciphers: GB/T 15852.1-2020, MAC algorithm 1, as GM/T 0016-2012 7.6.31 uses it. */
#include <stdlib.h>

#include "common/bytes.h"
#include "gmpki/common.h"
#include "softtoken/crypto.h"

enum { STEP_LEN = 1024 };

struct st_mac {
    st_cipher *cipher; /* NULL after final */
    size_t block_len;
    size_t rest;    /* input short of a block */
    int has_blocks; /* whether last is there */
    uint8_t last[ST_MAX_BLOCK_LEN];
};

enum st_status st_mac_new(st_mac **mac, int algorithm, const uint8_t *key, size_t key_len, const uint8_t *iv,
                          size_t iv_len) {
    static const uint8_t zeros[ST_MAX_BLOCK_LEN];
    if (mac == NULL) {
        return ST_ERR_ARGUMENT;
    }
    *mac = NULL;
    st_mac *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return ST_ERR_MEMORY;
    }
    made->block_len = st_cipher_block_len(algorithm);
    const st_cipher_spec spec = {
        .algorithm = algorithm,
        .mode = ST_CBC,
        .direction = ST_ENCRYPT,
        .padding = ST_NO_PADDING,
        .key = key,
        .key_len = key_len,
        .iv = iv_len != 0 ? iv : zeros,
        .iv_len = iv_len != 0 ? iv_len : made->block_len,
    };
    enum st_status status = st_cipher_new(&made->cipher, &spec);
    if (status != ST_OK) {
        free(made);
        return status;
    }
    *mac = made;
    return ST_OK;
}

static enum st_status end(st_mac *mac, enum st_status status) {
    st_cipher_free(mac->cipher);
    gmpki_cleanse(mac, sizeof *mac);
    return status;
}

void st_mac_free(st_mac *mac) {
    if (mac != NULL) {
        end(mac, ST_OK);
        free(mac);
    }
}

enum st_status st_mac_update(st_mac *mac, const uint8_t *data, size_t len) {
    if (mac == NULL || (data == NULL && len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (mac->cipher == NULL) {
        return ST_ERR_STATE;
    }
    uint8_t blocks[STEP_LEN + ST_MAX_BLOCK_LEN];
    enum st_status status = ST_OK;
    while (len != 0 && status == ST_OK) {
        size_t step = len < STEP_LEN ? len : STEP_LEN;
        size_t written = sizeof blocks;
        status = st_cipher_update(mac->cipher, blocks, &written, data, step);
        if (status == ST_OK && written != 0) {
            memcpy(mac->last, blocks + written - mac->block_len, mac->block_len);
            mac->has_blocks = 1;
        }
        mac->rest = (mac->rest + step) % mac->block_len;
        data += step;
        len -= step;
    }
    gmpki_cleanse(blocks, sizeof blocks);
    return status == ST_OK ? ST_OK : end(mac, status);
}

enum st_status st_mac_final(st_mac *mac, uint8_t *out, size_t *out_len) {
    if (mac == NULL || out_len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (mac->cipher == NULL) {
        return ST_ERR_STATE;
    }
    size_t room = *out_len;
    *out_len = mac->block_len;
    if (out == NULL) {
        return ST_OK;
    }
    if (mac->rest != 0 || !mac->has_blocks) {
        return end(mac, ST_ERR_INPUT_LEN);
    }
    if (room < mac->block_len) {
        return ST_ERR_BUFFER;
    }
    memcpy(out, mac->last, mac->block_len);
    return end(mac, ST_OK);
}
