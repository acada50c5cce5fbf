/* SM4 with AES-NI and AVX: four blocks to a group, two groups at a time (see aesni.h). */
#include "sm4/aesni.h"

#include "common/cpu.h"

static inline void two_groups(uint8_t *out, const uint8_t *in, const schedule *s) {
    group g = load_group(in), h = load_group(in + GROUP * BLOCK);
    for (size_t i = 0; i < ROUNDS; i += 4) {
        four_rounds(&g, s->keys + i);
        four_rounds(&h, s->keys + i);
    }
    store_group(out, g);
    store_group(out + GROUP * BLOCK, h);
}

static void crypt(const uint32_t round_keys[ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    for (; block_count >= 2 * GROUP; block_count -= 2 * GROUP) {
        two_groups(out, in, &s);
        in += 2 * GROUP * BLOCK;
        out += 2 * GROUP * BLOCK;
    }
    if (block_count != 0) {
        uint8_t rest[2 * GROUP * BLOCK] = {0};
        copy_bytes(rest, in, BLOCK * block_count);
        if (block_count > GROUP) {
            two_groups(rest, rest, &s);
        } else {
            one_group(rest, rest, &s);
        }
        copy_bytes(out, rest, BLOCK * block_count);
        gmpki_cleanse(rest, sizeof rest);
    }
    gmpki_cleanse(&s, sizeof s);
}

const sm4_backend sm4_backend_aesni = {
    .info = {"aesni", CPU_X86_SSSE3 | CPU_X86_AESNI | CPU_X86_PCLMUL | CPU_X86_AVX},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .ctr = NULL,
    .ghash_init = sm4_ghash_init_pclmul,
    .ghash = sm4_ghash_pclmul,
};
