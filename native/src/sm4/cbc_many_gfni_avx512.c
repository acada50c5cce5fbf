/*
 * CBC encryption of up to sixteen streams, each with its own key: a set of gfni_words.h whose blocks are those of the
 * streams. The chains stay as words in the form of the state, so that what is between them and memory is off the path
 * from block to block.
 */
#include "sm4/gfni_words.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

/* The round keys of all streams: lane by lane, as the words of a set lie. */
typedef struct stream_keys {
    __m512i keys[GMPKI_SM4_ROUNDS];
} stream_keys;

static inline __m128i load_block(const uint8_t *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void store_block(uint8_t *p, __m128i v) {
    _mm_storeu_si128((__m128i *)(void *)p, v);
}

/* One block from each of four places. */
static inline __m512i load_four(const uint8_t *const p[4], size_t at) {
    __m512i v = _mm512_castsi128_si512(load_block(p[0] + at));
    v = _mm512_inserti32x4(v, load_block(p[1] + at), 1);
    v = _mm512_inserti32x4(v, load_block(p[2] + at), 2);
    return _mm512_inserti32x4(v, load_block(p[3] + at), 3);
}

static inline set load_streams(const uint8_t *const p[SM4_STREAMS], size_t at) {
    return (set){load_four(p, at), load_four(p + 4, at), load_four(p + 8, at), load_four(p + 12, at)};
}

static inline void store_four(uint8_t *const p[4], size_t at, __m512i v, size_t count) {
    if (count > 0) {
        store_block(p[0] + at, _mm512_castsi512_si128(v));
    }
    if (count > 1) {
        store_block(p[1] + at, _mm512_extracti32x4_epi32(v, 1));
    }
    if (count > 2) {
        store_block(p[2] + at, _mm512_extracti32x4_epi32(v, 2));
    }
    if (count > 3) {
        store_block(p[3] + at, _mm512_extracti32x4_epi32(v, 3));
    }
}

static inline void store_streams(uint8_t *const p[SM4_STREAMS], size_t at, set g, size_t count) {
    store_four(p, at, g.a, count);
    store_four(p + 4, at, g.b, count > 4 ? count - 4 : 0);
    store_four(p + 8, at, g.c, count > 8 ? count - 8 : 0);
    store_four(p + 12, at, g.d, count > 12 ? count - 12 : 0);
}

static void collect_keys(stream_keys *keys, const sm4_stream *streams, size_t stream_count) {
    const uint8_t *round_keys[SM4_STREAMS];
    for (size_t i = 0; i < SM4_STREAMS; i++) {
        round_keys[i] = (const uint8_t *)streams[i < stream_count ? i : 0].round_keys;
    }
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        set four = words_transpose(load_streams(round_keys, sizeof(uint32_t) * i));
        keys->keys[i] = GFNI_AFFINE_512(gfni_swap_bytes(four.a), GFNI_KEY);
        keys->keys[i + 1] = GFNI_AFFINE_512(gfni_swap_bytes(four.b), GFNI_KEY);
        keys->keys[i + 2] = GFNI_AFFINE_512(gfni_swap_bytes(four.c), GFNI_KEY);
        keys->keys[i + 3] = GFNI_AFFINE_512(gfni_swap_bytes(four.d), GFNI_KEY);
    }
}

void sm4_cbc_encrypt_many_gfni_avx512(const sm4_stream *streams, size_t stream_count, size_t block_count) {
    stream_keys keys;
    const uint8_t *chains[SM4_STREAMS], *ins[SM4_STREAMS];
    uint8_t *chain_outs[SM4_STREAMS], *outs[SM4_STREAMS];
    collect_keys(&keys, streams, stream_count);
    /* Lanes without a stream read what the first one reads, and write nothing. */
    for (size_t i = 0; i < SM4_STREAMS; i++) {
        const sm4_stream *s = &streams[i < stream_count ? i : 0];
        chains[i] = chain_outs[i] = s->chain;
        outs[i] = s->out;
        ins[i] = s->in;
    }
    set g = words_of_blocks(load_streams(chains, 0));
    for (size_t at = 0; at < BLOCK * block_count; at += BLOCK) {
        g = xor_set(g, words_of_blocks(load_streams(ins, at)));
        for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
            g.a = words_round(g.a, g.b, g.c, g.d, keys.keys[i]);
            g.b = words_round(g.b, g.c, g.d, g.a, keys.keys[i + 1]);
            g.c = words_round(g.c, g.d, g.a, g.b, keys.keys[i + 2]);
            g.d = words_round(g.d, g.a, g.b, g.c, keys.keys[i + 3]);
        }
        store_streams(outs, at, blocks_of_words(g), stream_count);
        g = (set){g.d, g.c, g.b, g.a}; /* words in reverse order (GB/T 32907-2016, 7.1) */
    }
    g = (set){g.d, g.c, g.b, g.a};
    store_streams(chain_outs, 0, blocks_of_words(g), stream_count);
    gmpki_cleanse(&keys, sizeof keys);
}
