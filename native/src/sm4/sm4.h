/*
 * What the files of SM4 share: the backend, and the block cipher and counter mode as the modes use them.
 *
 * The modes stand on top of these functions and know nothing of processors. A kernel does as told: it checks no
 * argument, and cleanses what it leaves on the stack.
 */
#ifndef GMPKI_SRC_SM4_SM4_H
#define GMPKI_SRC_SM4_SM4_H

#include "common/backend.h"
#include "gmpki/sm4.h"

enum {
    SM4_BATCH = 64,                                  /* blocks that the parallel modes hand to a kernel at once */
    SM4_BATCH_LEN = SM4_BATCH * GMPKI_SM4_BLOCK_LEN, /* bytes */
    SM4_GHASH_POWERS = 8,                            /* of most backends */
    SM4_GHASH_MAX_POWERS = 36
};

/* A GHASH key made ready. What is in it is the backend's affair; one backend cannot use another's. */
typedef struct sm4_ghash_key {
    uint8_t powers[SM4_GHASH_MAX_POWERS][GMPKI_SM4_BLOCK_LEN];
} sm4_ghash_key;

enum { SM4_STREAMS = 16 };

/* One of several CBC streams: its key, the block before, which moves along, and where its blocks are. */
typedef struct sm4_stream {
    const uint32_t *round_keys;
    uint8_t *chain;
    uint8_t *out;
    const uint8_t *in;
} sm4_stream;

typedef struct sm4_backend {
    backend_info info;

    /* Expand a key (GB/T 32907-2016, 7.3) into round keys in the order of encryption. */
    void (*expand_key)(uint32_t round_keys[GMPKI_SM4_ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]);

    /* Encrypt blocks, any number of them, in place or not. With the round keys in reverse order it decrypts. */
    void (*crypt)(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count);

    /* CBC encryption of blocks from chain, which receives the last one. With out NULL only the chain is kept: a MAC. */
    void (*cbc_encrypt)(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t chain[GMPKI_SM4_BLOCK_LEN], uint8_t *out,
                        const uint8_t *in, size_t block_count);

    /* CBC decryption, with the round keys in reverse order, of blocks whose predecessor is chain, which receives the
     * last one of in. In place or not. NULL: declined, the mode does it with crypt. */
    void (*cbc_decrypt)(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t chain[GMPKI_SM4_BLOCK_LEN], uint8_t *out,
                        const uint8_t *in, size_t block_count);

    /* CBC encryption of block_count blocks in each of 2 to SM4_STREAMS streams. NULL: declined, the mode takes one
     * stream after the other. */
    void (*cbc_encrypt_many)(const sm4_stream *streams, size_t stream_count, size_t block_count);

    /* XTS over whole blocks: out = C(in + tweak) + tweak, and tweak, which may be secret, is multiplied by x from block
     * to block and moves to the first block not done. order is an enum gmpki_sm4_xts_order. NULL: declined. */
    void (*xts)(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t tweak[GMPKI_SM4_BLOCK_LEN], int order,
                uint8_t *out, const uint8_t *in, size_t block_count);

    /* XOR the key stream of consecutive counter blocks into in. Only the last 32 bits count, and wrap to zero; they may
     * be secret. counter itself stays. NULL: declined, the mode builds counter blocks itself. */
    void (*ctr)(const uint32_t round_keys[GMPKI_SM4_ROUNDS], const uint8_t counter[GMPKI_SM4_BLOCK_LEN], uint8_t *out,
                const uint8_t *in, size_t block_count);

    /* Make a GHASH key ready; then digest = (digest + block) * key for each block (NIST SP 800-38D, 6.3, 6.4). */
    void (*ghash_init)(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]);
    void (*ghash)(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                  size_t block_count);
} sm4_backend;

extern const sm4_backend sm4_backend_portable;
#if defined(__aarch64__)
extern const sm4_backend sm4_backend_armv8;
extern const sm4_backend sm4_backend_neon_aes;
#endif
#if defined(__x86_64__)
extern const sm4_backend sm4_backend_aesni;
extern const sm4_backend sm4_backend_aesni_avx2;
extern const sm4_backend sm4_backend_gfni_avx2;
extern const sm4_backend sm4_backend_gfni_avx512;

/* The functions of the backend gfni-avx512 that have files of their own. */
void sm4_cbc_encrypt_many_gfni_avx512(const sm4_stream *streams, size_t stream_count, size_t block_count);
void sm4_xts_gfni_avx512(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t tweak[GMPKI_SM4_BLOCK_LEN], int order,
                         uint8_t *out, const uint8_t *in, size_t block_count);
#endif

/* The kernels that several backends use. */
void sm4_ghash_init_portable(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]);
void sm4_ghash_portable(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                        size_t block_count);
void sm4_ghash_init_pclmul(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]);
void sm4_ghash_pclmul(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                      size_t block_count);
void sm4_ghash_init_pmull(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]);
void sm4_ghash_pmull(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                     size_t block_count);
void sm4_ghash_vpclmul256(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                          size_t block_count); /* with a key of sm4_ghash_init_pclmul */
void sm4_ghash_init_vpclmul(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]);
void sm4_ghash_vpclmul(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                       size_t block_count);

/* The active backend, behind an open gate. */
const sm4_backend *sm4_active(void);

/* The block cipher on the active backend. Any number of blocks, in place allowed. CT: time depends on block_count. */
void sm4_expand(gmpki_sm4_key *key, const uint8_t raw[GMPKI_SM4_KEY_LEN]);
void sm4_encrypt(const gmpki_sm4_key *key, uint8_t *out, const uint8_t *in, size_t block_count);
void sm4_decrypt(const gmpki_sm4_key *key, uint8_t *out, const uint8_t *in, size_t block_count);

/* The round keys of decryption: those of encryption in reverse order (GB/T 32907-2016, 7.2). */
void sm4_reverse(uint32_t reversed[GMPKI_SM4_ROUNDS], const gmpki_sm4_key *key);

/* out = a ^ b, len bytes; out may be a or b. CT: time depends on len. */
void sm4_xor(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len);

/* Zero a tag or MAC that will not be made, if it is there; nobody has one of more than 16 bytes. */
void sm4_zero_tag(uint8_t *tag, size_t tag_len);

/* How many bytes at the end of the counter block count: the others stay when these wrap. */
enum sm4_counter { SM4_SHORT_COUNTER = 4 /* GCM */, SM4_LONG_COUNTER = 16 };

/*
 * Counter mode over len bytes: key stream from counter on, which moves to the first block not used; a last partial
 * block uses up its counter. CT: time depends on len, and with a long counter, which must be public, on its value.
 */
void sm4_ctr(const gmpki_sm4_key *key, uint8_t counter[GMPKI_SM4_BLOCK_LEN], enum sm4_counter counter_len, uint8_t *out,
             const uint8_t *in, size_t len);

/* A running GHASH over bytes: a block not yet whole waits in pending. It ends on the backend that made its key, also
 * when another thread makes a different one active meanwhile. */
typedef struct sm4_ghash_state {
    const sm4_backend *backend;
    sm4_ghash_key key;
    uint8_t digest[GMPKI_SM4_BLOCK_LEN];
    uint8_t pending[GMPKI_SM4_BLOCK_LEN];
    size_t pending_len;
} sm4_ghash_state;

/* Start with digest zero; add bytes; fill a block begun with zeros; add two 64-bit big-endian numbers as one block. */
void sm4_ghash_start(sm4_ghash_state *state, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]);
void sm4_ghash_add(sm4_ghash_state *state, const uint8_t *data, size_t len);
void sm4_ghash_pad(sm4_ghash_state *state);
void sm4_ghash_lengths(sm4_ghash_state *state, uint64_t first, uint64_t second);

#endif /* GMPKI_SRC_SM4_SM4_H */
