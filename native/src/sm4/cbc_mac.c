/* CBC-MAC (GB/T 15852.1-2020, MAC algorithm 1): the last block of a CBC encryption from zero, cut on the right. */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

int gmpki_sm4_cbc_mac(uint8_t *mac, size_t mac_len, const uint8_t raw_key[GMPKI_SM4_KEY_LEN], const uint8_t *data,
                      size_t len) {
    sm4_zero_tag(mac, mac_len);
    if (mac == NULL || raw_key == NULL || (data == NULL && len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (mac_len == 0 || mac_len > BLOCK || len == 0 || len % BLOCK != 0) {
        return GMPKI_ERR_LENGTH;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    gmpki_sm4_key key;
    uint8_t chain[BLOCK] = {0};
    sm4_expand(&key, raw_key);
    sm4_active()->cbc_encrypt(key.round_keys, chain, NULL, data, len / BLOCK);
    copy_bytes(mac, chain, mac_len);
    gmpki_cleanse(&key, sizeof key);
    gmpki_cleanse(chain, sizeof chain);
    return GMPKI_OK;
}
