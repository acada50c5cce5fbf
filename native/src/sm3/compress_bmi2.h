/*
 * SM3 of one message on general registers with BMI2, its words expanded in vectors: part of lanes_avx2.c and of
 * lanes_avx512.c, which has the shorter instructions for the vectors.
 *
 * Four words are expanded at a time, four rounds before their use; they do not depend on the state, so the vector units
 * do it beside the rounds, which are one long chain and need nothing but two loads each: W_j, and W'_j = W_j ^ W_(j+4).
 * What is expanded passes through a ring of four groups, so that a short message has next to nothing to cleanse.
 *
 * A late round waits for E: E & F, two additions, the addition of SS1, and P0 with three steps, seven in all; the other
 * ways through a round are shorter. It has 24 instructions for the four units that there are. Compilers lengthen the
 * chain when they order the sums, so a round is written in assembly. (Sanitizers get the same in C: that of memory
 * cannot see through assembly, and that of addresses leaves it too few registers.) Every processor with BMI2 has BMI1,
 * of which andn is.
 */
#ifndef GMPKI_SRC_SM3_COMPRESS_BMI2_H
#define GMPKI_SRC_SM3_COMPRESS_BMI2_H

#include <immintrin.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "sm3/sm3.h"

#define INLINE static inline __attribute__((always_inline))

/* A group has four words W, then the same four of W'. */
enum { GROUP_LEN = 8, GROUPS = 4 };

/* T_j <<< (j mod 32), as a constant expression: it stands in the instruction. */
#define T_EARLY(j) ((uint32_t)(UINT64_C(0x79cc451979cc4519) >> ((32 - (j)) & 31)))
#define T_LATE(j) ((uint32_t)(UINT64_C(0x7a879d8a7a879d8a) >> ((32 - (j) % 32) & 31)))

/*
 * One round (GB/T 32905-2016, 5.3.3). The names of the eight words move, not the words: the new A stands in d, the new
 * E in h, and b and f are rotated on their way to C and G. word points to W_j, and W'_j stands four words behind it.
 */
#if defined(GMPKI_ASAN) || defined(GMPKI_MSAN)

INLINE uint32_t rotate_left(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}

#define ROUND(ff, gg, a, b, c, d, e, f, g, h, t, word)                                                                 \
    do {                                                                                                               \
        uint32_t a12 = rotate_left((a), 12);                                                                           \
        uint32_t ss1 = rotate_left(a12 + (t) + (e), 7);                                                                \
        uint32_t tt2 = (h) + (word)[0] + (gg) + ss1;                                                                   \
        (d) += (word)[4] + (ff) + (ss1 ^ a12);                                                                         \
        (h) = tt2 ^ rotate_left(tt2, 9) ^ rotate_left(tt2, 17);                                                        \
        (b) = rotate_left((b), 9);                                                                                     \
        (f) = rotate_left((f), 19);                                                                                    \
    } while (0)
#define ROUND_EARLY(a, b, c, d, e, f, g, h, t, word)                                                                   \
    ROUND((a) ^ (b) ^ (c), (e) ^ (f) ^ (g), a, b, c, d, e, f, g, h, t, word)
#define ROUND_LATE(a, b, c, d, e, f, g, h, t, word)                                                                    \
    ROUND(((a) & (b)) | ((c) & ((a) | (b))), ((e) & (f)) | (~(e) & (g)), a, b, c, d, e, f, g, h, t, word)

#else

#define ROUND(code, a_, b_, c_, d_, e_, f_, g_, h_, t_, word)                                                          \
    do {                                                                                                               \
        uint32_t x, y, u, v;                                                                                           \
        __asm__ __volatile__(code                                                                                      \
                             : [b] "+r"(b_), [d] "+r"(d_), [f] "+r"(f_), [h] "+r"(h_), [x] "=&r"(x), [y] "=&r"(y),     \
                               [u] "=&r"(u), [v] "=&r"(v)                                                              \
                             : [a] "r"(a_), [c] "r"(c_), [e] "r"(e_), [g] "r"(g_), [w] "m"((word)[0]),                 \
                               [w4] "m"((word)[4]), [t] "i"((int32_t)(t_))                                             \
                             : "cc");                                                                                  \
    } while (0)

/*
 * In both kinds of round the constant is added to A <<< 12 first, since E comes last. SS1 is in y, then TT2 in h and
 * SS2 in x; TT1 is complete in d and P0 of TT2 in h.
 */
#define ROUND_END                                                                                                      \
    "addl %k[y], %k[h]\n\t"                                                                                            \
    "xorl %k[y], %k[x]\n\t"                                                                                            \
    "addl %k[u], %k[d]\n\t"                                                                                            \
    "rorxl $23, %k[h], %k[y]\n\t"                                                                                      \
    "rorxl $15, %k[h], %k[v]\n\t"                                                                                      \
    "xorl %k[y], %k[h]\n\t"                                                                                            \
    "xorl %k[v], %k[h]\n\t"                                                                                            \
    "addl %k[x], %k[d]\n\t"                                                                                            \
    "rorxl $23, %k[b], %k[b]\n\t"                                                                                      \
    "rorxl $13, %k[f], %k[f]\n\t"

/* FF and GG are exclusive or. */
#define ROUND_EARLY(a, b, c, d, e, f, g, h, t, word)                                                                   \
    ROUND("rorxl $20, %k[a], %k[x]\n\t"                                                                                \
          "leal %c[t](%q[x]), %k[y]\n\t"                                                                               \
          "addl %[w], %k[h]\n\t"                                                                                       \
          "movl %k[f], %k[v]\n\t"                                                                                      \
          "xorl %k[g], %k[v]\n\t"                                                                                      \
          "addl %k[e], %k[y]\n\t"                                                                                      \
          "xorl %k[e], %k[v]\n\t"                                                                                      \
          "addl %k[v], %k[h]\n\t"                                                                                      \
          "rorxl $25, %k[y], %k[y]\n\t"                                                                                \
          "movl %k[c], %k[u]\n\t"                                                                                      \
          "xorl %k[b], %k[u]\n\t"                                                                                      \
          "xorl %k[a], %k[u]\n\t"                                                                                      \
          "addl %[w4], %k[d]\n\t" ROUND_END,                                                                           \
          a, b, c, d, e, f, g, h, t, word)

/* FF is (b & c) + (a & (b ^ c)) and GG (e & f) + (~e & g): of each pair at most one has a bit. */
#define ROUND_LATE(a, b, c, d, e, f, g, h, t, word)                                                                    \
    ROUND("rorxl $20, %k[a], %k[x]\n\t"                                                                                \
          "addl %[w], %k[h]\n\t"                                                                                       \
          "leal %c[t](%q[x]), %k[y]\n\t"                                                                               \
          "addl %[w4], %k[d]\n\t"                                                                                      \
          "andnl %k[g], %k[e], %k[v]\n\t"                                                                              \
          "addl %k[e], %k[y]\n\t"                                                                                      \
          "movl %k[f], %k[u]\n\t"                                                                                      \
          "andl %k[e], %k[u]\n\t"                                                                                      \
          "addl %k[v], %k[h]\n\t"                                                                                      \
          "rorxl $25, %k[y], %k[y]\n\t"                                                                                \
          "addl %k[u], %k[h]\n\t"                                                                                      \
          "movl %k[c], %k[u]\n\t"                                                                                      \
          "andl %k[b], %k[u]\n\t"                                                                                      \
          "addl %k[u], %k[d]\n\t"                                                                                      \
          "movl %k[c], %k[u]\n\t"                                                                                      \
          "xorl %k[b], %k[u]\n\t"                                                                                      \
          "andl %k[a], %k[u]\n\t" ROUND_END,                                                                           \
          a, b, c, d, e, f, g, h, t, word)

#endif

#define GROUP(j) (ring + GROUP_LEN * ((j) / 4 % GROUPS))

/* Four rounds, the first of them j. */
#define FOUR_ROUNDS(round, t, j)                                                                                       \
    do {                                                                                                               \
        round(a, b, c, d, e, f, g, h, t(j), GROUP(j));                                                                 \
        round(d, a, b, c, h, e, f, g, t((j) + 1), GROUP(j) + 1);                                                       \
        round(c, d, a, b, g, h, e, f, t((j) + 2), GROUP(j) + 2);                                                       \
        round(b, c, d, a, f, g, h, e, t((j) + 3), GROUP(j) + 3);                                                       \
    } while (0)

/* XOR what the rounds made into the state (5.3.3), and go on from there. */
#define FEED_FORWARD(state)                                                                                            \
    do {                                                                                                               \
        (state)[0] = a ^= (state)[0];                                                                                  \
        (state)[1] = b ^= (state)[1];                                                                                  \
        (state)[2] = c ^= (state)[2];                                                                                  \
        (state)[3] = d ^= (state)[3];                                                                                  \
        (state)[4] = e ^= (state)[4];                                                                                  \
        (state)[5] = f ^= (state)[5];                                                                                  \
        (state)[6] = g ^= (state)[6];                                                                                  \
        (state)[7] = h ^= (state)[7];                                                                                  \
    } while (0)

enum { SM3_ROUNDS = 64 }; /* words beyond W_63 are expanded as well: W'_63 takes in W_67 */

#ifdef __AVX512VL__
#define ROL(v, n) _mm_rol_epi32((v), (n))
#else
#define ROL(v, n) _mm_or_si128(_mm_slli_epi32((v), (n)), _mm_srli_epi32((v), 32 - (n)))
#endif
#if defined(__AVX512VL__) && !defined(GMPKI_MSAN) /* which reports the operands of this one */
#define XOR3(a, b, c) _mm_ternarylogic_epi32((a), (b), (c), 0x96)
#else
#define XOR3(a, b, c) _mm_xor_si128(_mm_xor_si128((a), (b)), (c))
#endif

/* P1 (4.4) of each word; the turn by 23 goes on from that by 15 with one by eight. */
INLINE __m128i p1_of_four(__m128i x) {
    const __m128i turn_byte = _mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);
    __m128i turned = ROL(x, 15);
    return XOR3(x, turned, _mm_shuffle_epi8(turned, turn_byte));
}

/*
 * The four words after the sixteen in w0 .. w3 (5.3.2 b). The last of them needs the first, three places before it: P1
 * is linear, so what that one adds comes in behind.
 */
INLINE __m128i expand_four(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
    __m128i mixed = XOR3(w0, _mm_alignr_epi8(w2, w1, 12), ROL(_mm_srli_si128(w3, 4), 15));
    __m128i plain = _mm_xor_si128(ROL(_mm_alignr_epi8(w1, w0, 12), 7), _mm_alignr_epi8(w3, w2, 8));
    __m128i first = _mm_xor_si128(p1_of_four(mixed), plain);
    return _mm_xor_si128(first, p1_of_four(ROL(_mm_slli_si128(first, 12), 15)));
}

/* Words j .. j + 3 into their group; next has the four after them. */
#define PUT(j, w, next)                                                                                                \
    do {                                                                                                               \
        _mm_store_si128((__m128i *)(void *)GROUP(j), (w));                                                             \
        _mm_store_si128((__m128i *)(void *)(GROUP(j) + 4), _mm_xor_si128((w), (next)));                                \
    } while (0)

/* Rounds j .. j + 3, and before them words j + 16 .. j + 19, with which W' of the four words w3 is complete. */
#define EXPAND_AND_ROUNDS(round, t, j, w0, w1, w2, w3)                                                                 \
    do {                                                                                                               \
        (w0) = expand_four((w0), (w1), (w2), (w3));                                                                    \
        PUT((j) + 12, (w3), (w0));                                                                                     \
        FOUR_ROUNDS(round, t, (j));                                                                                    \
    } while (0)

#define SIXTEEN_ROUNDS(round, t, j)                                                                                    \
    do {                                                                                                               \
        EXPAND_AND_ROUNDS(round, t, (j), w0, w1, w2, w3);                                                              \
        EXPAND_AND_ROUNDS(round, t, (j) + 4, w1, w2, w3, w0);                                                          \
        EXPAND_AND_ROUNDS(round, t, (j) + 8, w2, w3, w0, w1);                                                          \
        EXPAND_AND_ROUNDS(round, t, (j) + 12, w3, w0, w1, w2);                                                         \
    } while (0)

/* Four words of a block, turned into numbers. */
INLINE __m128i load_four_words(const uint8_t *data) {
    const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)data), order);
}

static void compress_message(uint32_t state[8], const uint8_t *blocks, size_t count) {
    uint32_t ring[GROUPS * GROUP_LEN] __attribute__((aligned(64)));
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (; count != 0; count--) {
        __m128i w0 = load_four_words(blocks);
        __m128i w1 = load_four_words(blocks + 16);
        __m128i w2 = load_four_words(blocks + 32);
        __m128i w3 = load_four_words(blocks + 48);
        PUT(0, w0, w1);
        PUT(4, w1, w2);
        PUT(8, w2, w3);
        SIXTEEN_ROUNDS(ROUND_EARLY, T_EARLY, 0);
        SIXTEEN_ROUNDS(ROUND_LATE, T_LATE, 16);
        SIXTEEN_ROUNDS(ROUND_LATE, T_LATE, 32);
        EXPAND_AND_ROUNDS(ROUND_LATE, T_LATE, 48, w0, w1, w2, w3);
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 52);
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 56);
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 60);
        FEED_FORWARD(state);
        blocks += GMPKI_SM3_BLOCK_LEN;
    }
    gmpki_cleanse(ring, sizeof ring);
}

#undef FOUR_ROUNDS
#undef ROL
#undef XOR3

#endif /* GMPKI_SRC_SM3_COMPRESS_BMI2_H */
