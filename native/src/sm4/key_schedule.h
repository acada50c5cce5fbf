/*
 * The key schedule of SM4 (GB/T 32907-2016, 7.3) around a kernel's S-box: a kernel file includes this and passes the
 * function that substitutes the bytes of a word.
 */
#ifndef GMPKI_SRC_SM4_KEY_SCHEDULE_H
#define GMPKI_SRC_SM4_KEY_SCHEDULE_H

#include "common/bytes.h"
#include "sm4/sm4.h"

/* Byte j of CK[i] is 7 (4 i + j) mod 256, j = 0 the highest (7.3 b). */
static inline uint32_t sm4_constant_key(uint32_t i) {
    uint32_t ck = 0;
    for (uint32_t j = 0; j < 4; j++) {
        ck = ck << 8 | (7 * (4 * i + j) & 0xFF);
    }
    return ck;
}

/* rk[i] = K[i+4] = K[i] ^ L'(S(K[i+1] ^ K[i+2] ^ K[i+3] ^ CK[i])), L'(b) = b ^ b<<<13 ^ b<<<23. */
static inline void sm4_key_schedule(uint32_t round_keys[GMPKI_SM4_ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN],
                                    uint32_t (*substitute)(uint32_t)) {
    static const uint32_t family_key[4] = {0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC}; /* FK, 7.3 a */
    uint32_t k[4];
    for (uint32_t i = 0; i < 4; i++) {
        k[i] = load_be32(raw + 4 * i) ^ family_key[i];
    }
    for (uint32_t i = 0; i < GMPKI_SM4_ROUNDS; i++) {
        uint32_t b = substitute(k[(i + 1) % 4] ^ k[(i + 2) % 4] ^ k[(i + 3) % 4] ^ sm4_constant_key(i));
        k[i % 4] ^= b ^ (b << 13 | b >> 19) ^ (b << 23 | b >> 9);
        round_keys[i] = k[i % 4];
    }
    gmpki_cleanse(k, sizeof k);
}

#endif /* GMPKI_SRC_SM4_KEY_SCHEDULE_H */
