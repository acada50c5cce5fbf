/*
 * SM4 in bit planes: no table, no branch, no instruction beyond C's own.
 *
 * Sixteen blocks are worked on at once in each part of 64 bits of a plane (bit_plane.h). Each of the four words of the
 * state (GB/T 32907-2016, 7.1) is held as eight planes: plane p collects bit p of the word's bytes. Bit 16 j + n of a
 * part belongs to byte j of the word of the part's block n, byte 0 being the lowest. So rotating words by a multiple of
 * 8 is rotating parts by a multiple of 16, any other rotation renumbers planes too, and the S-box is a Boolean circuit
 * over the planes. One block costs as much as all.
 */
#include "common/bytes.h"
#include "common/ct.h"
#include "sm4/key_schedule.h"
#include "sm4/sbox_circuit_generated.h"
#include "sm4/sm4.h"

enum { PART_LANES = 16, LANES = PART_LANES * SM4_PLANE_PARTS, PLANES = 8, WORDS = 4, BLOCK = GMPKI_SM4_BLOCK_LEN };

typedef sm4_plane word_planes[PLANES];
typedef word_planes key_planes[GMPKI_SM4_ROUNDS];

static inline sm4_plane rotate_planes(sm4_plane plane, unsigned bytes) {
    return plane << 16 * bytes | plane >> (64 - 16 * bytes);
}

/* Put the bytes of a word into bytes 0, 2, 4 and 6. */
static inline uint64_t spread_bytes(uint32_t word) {
    uint64_t v = word;
    v = (v | v << 16) & 0x0000FFFF0000FFFF;
    return (v | v << 8) & 0x00FF00FF00FF00FF;
}

static inline uint32_t gather_bytes(uint64_t v) {
    v &= 0x00FF00FF00FF00FF;
    v = (v | v >> 8) & 0x0000FFFF0000FFFF;
    return (uint32_t)(v | v >> 16);
}

/* Exchange the bits of *a under mask << shift with those of *b under mask. */
static inline void exchange_bits(sm4_plane *a, sm4_plane *b, unsigned shift, uint64_t mask) {
    sm4_plane t = (*a >> shift ^ *b) & mask;
    *a ^= t << shift;
    *b ^= t;
}

/* Transpose the 8 x 8 bit matrices that the same byte of eight numbers forms. Its own inverse. */
static inline void transpose(word_planes x) {
    for (size_t i = 0; i < PLANES; i += 2) {
        exchange_bits(&x[i], &x[i + 1], 1, 0x5555555555555555);
    }
    for (size_t i = 0; i < PLANES; i += 4) {
        exchange_bits(&x[i], &x[i + 2], 2, 0x3333333333333333);
        exchange_bits(&x[i + 1], &x[i + 3], 2, 0x3333333333333333);
    }
    for (size_t i = 0; i < 4; i++) {
        exchange_bits(&x[i], &x[i + 4], 4, 0x0F0F0F0F0F0F0F0F);
    }
}

/* A plane whose parts are the same, and the first part of one. */
static inline sm4_plane all_parts(uint64_t part) {
    return (sm4_plane){0} ^ part;
}

static inline uint64_t first_part(sm4_plane plane) {
    uint64_t part;
    memcpy(&part, &plane, sizeof part);
    return part;
}

/* Word w of all blocks into planes: in each part blocks n and n + 8 meet in number n, then a transposition makes
 * planes. */
static void pack(word_planes planes, const uint8_t blocks[LANES * BLOCK], size_t w) {
    for (size_t n = 0; n < PLANES; n++) {
        uint64_t parts[SM4_PLANE_PARTS];
        for (size_t i = 0; i < SM4_PLANE_PARTS; i++) {
            const uint8_t *block = blocks + BLOCK * (PART_LANES * i + n) + 4 * w;
            parts[i] = spread_bytes(load_be32(block)) | spread_bytes(load_be32(block + 8 * BLOCK)) << 8;
        }
        memcpy(&planes[n], parts, sizeof planes[n]);
    }
    transpose(planes);
}

static void unpack(uint8_t blocks[LANES * BLOCK], size_t w, word_planes planes) {
    transpose(planes);
    for (size_t n = 0; n < PLANES; n++) {
        uint64_t parts[SM4_PLANE_PARTS];
        memcpy(parts, &planes[n], sizeof parts);
        for (size_t i = 0; i < SM4_PLANE_PARTS; i++) {
            uint8_t *block = blocks + BLOCK * (PART_LANES * i + n) + 4 * w;
            store_be32(block, gather_bytes(parts[i]));
            store_be32(block + 8 * BLOCK, gather_bytes(parts[i] >> 8));
        }
    }
}

/* The lowest bit of each 16 into all of them; MemorySanitizer has to follow it (mask_from_bit in ct.h). */
static inline uint64_t fill_lanes(uint64_t ones) {
#ifdef GMPKI_MSAN
    uint64_t lanes = 0;
    for (unsigned place = 0; place < 64; place += PART_LANES) {
        lanes |= (mask_from_bit(ones >> place & 1) & 0xFFFF) << place;
    }
    return lanes;
#else
    return (ones << PART_LANES) - ones;
#endif
}

/* Each round key as planes in which all blocks have the same bits. */
static void spread_keys(key_planes keys, const uint32_t round_keys[GMPKI_SM4_ROUNDS]) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i++) {
        for (size_t p = 0; p < PLANES; p++) {
            uint64_t ones = spread_bytes(round_keys[i] >> p & 0x01010101);
            keys[i][p] = all_parts(fill_lanes(ones));
        }
    }
}

/* x0 = F(x0, x1, x2, x3, rk) = x0 ^ T(x1 ^ x2 ^ x3 ^ rk) (7.1, 6.2). */
static inline void round_planes(word_planes x0, const word_planes x1, const word_planes x2, const word_planes x3,
                                const word_planes key) {
    word_planes t, u;
    for (size_t p = 0; p < PLANES; p++) {
        t[p] = x1[p] ^ x2[p] ^ x3[p] ^ key[p];
    }
    sm4_sbox_planes(t);
    /* L(t) = t ^ t<<<24 ^ u<<<2 with u = t ^ t<<<8 ^ t<<<16; the rotation by 2 moves plane p to p + 2, and the two
     * planes that leave at the top return at the bottom of the next byte. */
    for (size_t p = 0; p < PLANES; p++) {
        u[p] = t[p] ^ rotate_planes(t[p], 1) ^ rotate_planes(t[p], 2);
        x0[p] ^= t[p] ^ rotate_planes(t[p], 3);
    }
    x0[0] ^= rotate_planes(u[6], 1);
    x0[1] ^= rotate_planes(u[7], 1);
    for (size_t p = 2; p < PLANES; p++) {
        x0[p] ^= u[p - 2];
    }
}

static inline void all_rounds(word_planes x[WORDS], key_planes keys) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += WORDS) {
        round_planes(x[0], x[1], x[2], x[3], keys[i]);
        round_planes(x[1], x[2], x[3], x[0], keys[i + 1]);
        round_planes(x[2], x[3], x[0], x[1], keys[i + 2]);
        round_planes(x[3], x[0], x[1], x[2], keys[i + 3]);
    }
}

/* All blocks in place; the words come out in reverse order (7.1). */
static void crypt_batch(uint8_t blocks[LANES * BLOCK], key_planes keys) {
    word_planes x[WORDS];
    for (size_t w = 0; w < WORDS; w++) {
        pack(x[w], blocks, w);
    }
    all_rounds(x, keys);
    for (size_t w = 0; w < WORDS; w++) {
        unpack(blocks, w, x[WORDS - 1 - w]);
    }
    gmpki_cleanse(x, sizeof x);
}

/* One block in place. */
static void crypt_single(uint8_t block[BLOCK], key_planes keys) {
    word_planes x[WORDS];
    zero_bytes(x, sizeof x);
    for (size_t w = 0; w < WORDS; w++) {
        x[w][0] = all_parts(spread_bytes(load_be32(block + 4 * w)));
        transpose(x[w]);
    }
    all_rounds(x, keys);
    for (size_t w = 0; w < WORDS; w++) {
        transpose(x[WORDS - 1 - w]);
        store_be32(block + 4 * w, gather_bytes(first_part(x[WORDS - 1 - w][0])));
    }
    gmpki_cleanse(x, sizeof x);
}

static void crypt(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    key_planes keys;
    uint8_t blocks[LANES * BLOCK] = {0};
    spread_keys(keys, round_keys);
    while (block_count != 0) {
        size_t now = block_count < LANES ? block_count : LANES;
        copy_bytes(blocks, in, BLOCK * now);
        if (now == 1) {
            crypt_single(blocks, keys);
        } else {
            crypt_batch(blocks, keys);
        }
        copy_bytes(out, blocks, BLOCK * now);
        in += BLOCK * now;
        out += BLOCK * now;
        block_count -= now;
    }
    gmpki_cleanse(keys, sizeof keys);
    gmpki_cleanse(blocks, sizeof blocks);
}

static void cbc_encrypt(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t chain[BLOCK], uint8_t *out,
                        const uint8_t *in, size_t block_count) {
    key_planes keys;
    spread_keys(keys, round_keys);
    for (size_t i = 0; i < block_count; i++) {
        for (size_t j = 0; j < BLOCK; j++) {
            chain[j] ^= in[BLOCK * i + j];
        }
        crypt_single(chain, keys);
        if (out != NULL) {
            copy_bytes(out + BLOCK * i, chain, BLOCK);
        }
    }
    gmpki_cleanse(keys, sizeof keys);
}

/* The S-box on each byte of one word: four of the places of the circuit are used. */
static uint32_t substitute(uint32_t word) {
    word_planes t = {all_parts(spread_bytes(word))};
    transpose(t);
    sm4_sbox_planes(t);
    transpose(t);
    return gather_bytes(first_part(t[0]));
}

static void expand_key(uint32_t round_keys[GMPKI_SM4_ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    sm4_key_schedule(round_keys, raw, substitute);
}

const sm4_backend sm4_backend_portable = {
    .info = {"portable", 0},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .ctr = NULL,
    .ghash_init = sm4_ghash_init_portable,
    .ghash = sm4_ghash_portable,
};
