/*
 * SM3 of one message on general registers with BMI2, its words expanded in vectors: part of lanes_avx2.c and of
 * lanes_avx512.c, which has the shorter instructions for the vectors.
 *
 * The words of several blocks are expanded side by side, a block in each lane, since they do not depend on the state;
 * what is expanded is a few rounds ahead of its use, or, in a long message, the next eight blocks. So the rounds, which
 * are one long chain, need nothing but two loads each from the schedule: W_j, and W'_j = W_j ^ W_(j+4).
 *
 * A late round waits for E: E & F, two additions, the addition of SS1, and P0 with three steps, seven in all; the other
 * ways through a round are shorter. It has 23 instructions for the four units that there are. Compilers lengthen the
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

/* T_j <<< (j mod 32), as a constant expression: it stands in the instruction. */
#define T_EARLY(j) ((uint32_t)(UINT64_C(0x79cc451979cc4519) >> ((32 - (j)) & 31)))
#define T_LATE(j) ((uint32_t)(UINT64_C(0x7a879d8a7a879d8a) >> ((32 - (j) % 32) & 31)))

/*
 * One round (GB/T 32905-2016, 5.3.3). The names of the eight words move, not the words: the new A stands in d, the new
 * E in h, and b and f are rotated on their way to C and G. row points to W_j, and W'_j stands apart lanes behind it.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SM3_ROUNDS_IN_C
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SM3_ROUNDS_IN_C
#endif
#endif

#ifdef SM3_ROUNDS_IN_C

INLINE uint32_t rotate_left(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}

#define ROUND(ff, gg, a, b, c, d, e, f, g, h, t, row, apart)                                                           \
    do {                                                                                                               \
        uint32_t a12 = rotate_left((a), 12);                                                                           \
        uint32_t ss1 = rotate_left(a12 + (t) + (e), 7);                                                                \
        uint32_t tt2 = (h) + (row)[0] + (gg) + ss1;                                                                    \
        (d) += (row)[(apart)] + (ff) + (ss1 ^ a12);                                                                    \
        (h) = tt2 ^ rotate_left(tt2, 9) ^ rotate_left(tt2, 17);                                                        \
        (b) = rotate_left((b), 9);                                                                                     \
        (f) = rotate_left((f), 19);                                                                                    \
    } while (0)
#define ROUND_EARLY(a, b, c, d, e, f, g, h, t, row, apart)                                                             \
    ROUND((a) ^ (b) ^ (c), (e) ^ (f) ^ (g), a, b, c, d, e, f, g, h, t, row, apart)
#define ROUND_LATE(a, b, c, d, e, f, g, h, t, row, apart)                                                              \
    ROUND(((a) & (b)) | ((c) & ((a) | (b))), ((e) & (f)) | (~(e) & (g)), a, b, c, d, e, f, g, h, t, row, apart)

#else

#define ROUND(code, a_, b_, c_, d_, e_, f_, g_, h_, t_, row, apart)                                                    \
    do {                                                                                                               \
        uint32_t x, y, u, v;                                                                                           \
        __asm__ __volatile__(code                                                                                      \
                             : [b] "+r"(b_), [d] "+r"(d_), [f] "+r"(f_), [h] "+r"(h_), [x] "=&r"(x), [y] "=&r"(y),     \
                               [u] "=&r"(u), [v] "=&r"(v)                                                              \
                             : [a] "r"(a_), [c] "r"(c_), [e] "r"(e_), [g] "r"(g_), [w] "m"((row)[0]),                  \
                               [w4] "m"((row)[(apart)]), [t] "i"((int32_t)(t_))                                        \
                             : "cc");                                                                                  \
    } while (0)

/* SS1 in y, then TT2 in h and SS2 in x; TT1 is complete in d and P0 of TT2 in h. */
#define ROUND_END                                                                                                      \
    "addl %k[y], %k[h]\n\t"                                                                                            \
    "xorl %k[y], %k[x]\n\t"                                                                                            \
    "addl %k[u], %k[d]\n\t"                                                                                            \
    "rorxl $23, %k[h], %k[y]\n\t"                                                                                      \
    "rorxl $15, %k[h], %k[u]\n\t"                                                                                      \
    "xorl %k[y], %k[h]\n\t"                                                                                            \
    "addl %k[x], %k[d]\n\t"                                                                                            \
    "xorl %k[u], %k[h]\n\t"                                                                                            \
    "rorxl $23, %k[b], %k[b]\n\t"                                                                                      \
    "rorxl $13, %k[f], %k[f]\n\t"

/* FF and GG are exclusive or. Here E's own way through SS1 is the longest: the constant is added to A <<< 12 first. */
#define ROUND_EARLY(a, b, c, d, e, f, g, h, t, row, apart)                                                             \
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
          a, b, c, d, e, f, g, h, t, row, apart)

/* FF is (b & c) + (a & (b ^ c)) and GG (e & f) + (~e & g): of each pair at most one has a bit. */
#define ROUND_LATE(a, b, c, d, e, f, g, h, t, row, apart)                                                              \
    ROUND("addl %[w], %k[h]\n\t"                                                                                       \
          "addl %[w4], %k[d]\n\t"                                                                                      \
          "andnl %k[g], %k[e], %k[v]\n\t"                                                                              \
          "movl %k[c], %k[u]\n\t"                                                                                      \
          "andl %k[b], %k[u]\n\t"                                                                                      \
          "rorxl $20, %k[a], %k[x]\n\t"                                                                                \
          "addl %k[v], %k[h]\n\t"                                                                                      \
          "leal %c[t](%q[x], %q[e]), %k[y]\n\t"                                                                        \
          "movl %k[f], %k[v]\n\t"                                                                                      \
          "andl %k[e], %k[v]\n\t"                                                                                      \
          "addl %k[v], %k[h]\n\t"                                                                                      \
          "addl %k[u], %k[d]\n\t"                                                                                      \
          "rorxl $25, %k[y], %k[y]\n\t"                                                                                \
          "movl %k[c], %k[u]\n\t"                                                                                      \
          "xorl %k[b], %k[u]\n\t"                                                                                      \
          "andl %k[a], %k[u]\n\t" ROUND_END,                                                                           \
          a, b, c, d, e, f, g, h, t, row, apart)

#endif

/* Four rounds; ahead(j) stands before each. */
#define FOUR_ROUNDS(round, t, j, ahead)                                                                                \
    do {                                                                                                               \
        ahead(j);                                                                                                      \
        round(a, b, c, d, e, f, g, h, t(j), row + ROW * (j), LANES);                                                   \
        ahead((j) + 1);                                                                                                \
        round(d, a, b, c, h, e, f, g, t((j) + 1), row + ROW * ((j) + 1), LANES);                                       \
        ahead((j) + 2);                                                                                                \
        round(c, d, a, b, g, h, e, f, t((j) + 2), row + ROW * ((j) + 2), LANES);                                       \
        ahead((j) + 3);                                                                                                \
        round(b, c, d, a, f, g, h, e, t((j) + 3), row + ROW * ((j) + 3), LANES);                                       \
    } while (0)

#define ALL_ROUNDS(ahead)                                                                                              \
    do {                                                                                                               \
        FOUR_ROUNDS(ROUND_EARLY, T_EARLY, 0, ahead);                                                                   \
        FOUR_ROUNDS(ROUND_EARLY, T_EARLY, 4, ahead);                                                                   \
        FOUR_ROUNDS(ROUND_EARLY, T_EARLY, 8, ahead);                                                                   \
        FOUR_ROUNDS(ROUND_EARLY, T_EARLY, 12, ahead);                                                                  \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 16, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 20, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 24, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 28, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 32, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 36, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 40, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 44, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 48, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 52, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 56, ahead);                                                                    \
        FOUR_ROUNDS(ROUND_LATE, T_LATE, 60, ahead);                                                                    \
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

/* What stands before round j where nothing is expanded. */
#define NOTHING(j) ((void)0)

/* Eight blocks side by side for long messages; four for short ones, whose schedule is half as long to cleanse. */
#define LANES 8
#define NAME(x) x##_wide
#define VEC __m256i
#define V(x) _mm256_##x
#define VS(x) _mm256_##x##_si256
#define VPAIR(x) _mm256_broadcastsi128_si256(x)
#include "sm3/schedule.h"

/* The words of the next group that come into being during a block of this one: 8 times 7 are more than 52. */
enum { WORDS_A_BLOCK = 7, SPREAD_ROWS = 16 + LANES * WORDS_A_BLOCK };

#define SPREAD(j)                                                                                                      \
    do {                                                                                                               \
        if ((j) % 8 == 4 && (j) / 8 < WORDS_A_BLOCK) {                                                                 \
            expand_wide(next, 16 + (j) / 8);                                                                           \
        }                                                                                                              \
    } while (0)

/* Take eight blocks whose schedule is rows into the state, and expand that of the next ones, begun in next. */
static void eight_blocks(uint32_t state[8], const uint32_t *rows, uint32_t *next) {
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    const uint32_t *row = rows;
    for (const uint32_t *end = rows + LANES; row != end; row++) {
        ALL_ROUNDS(SPREAD);
        FEED_FORWARD(state);
        next += ROW * WORDS_A_BLOCK;
    }
}

/* Take the last blocks, 1 .. 8 of them. */
static void last_blocks(uint32_t state[8], const uint32_t *rows, size_t count) {
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    const uint32_t *row = rows;
    for (const uint32_t *end = rows + count; row != end; row++) {
        ALL_ROUNDS(NOTHING);
        FEED_FORWARD(state);
    }
}

static void compress_long(uint32_t state[8], const uint8_t *blocks, size_t count) {
    uint32_t rows[2][SPREAD_ROWS * ROW] __attribute__((aligned(64)));
    size_t now = 0;
    load_wide(rows[now], blocks, count);
    for (int j = 16; j < SM3_ROUNDS + 4; j++) {
        expand_wide(rows[now], j);
    }
    for (; count > LANES; count -= LANES) {
        blocks += LANES * GMPKI_SM3_BLOCK_LEN;
        load_wide(rows[1 - now], blocks, count - LANES);
        eight_blocks(state, rows[now], rows[1 - now]);
        now = 1 - now;
    }
    last_blocks(state, rows[now], count);
    gmpki_cleanse(rows, sizeof rows);
}

#undef LANES
#undef NAME
#undef VEC
#undef V
#undef VS
#undef VPAIR
#undef ROW

#define LANES 4
#define NAME(x) x##_narrow
#define VEC __m128i
#define V(x) _mm_##x
#define VS(x) _mm_##x##_si128
#define VPAIR(x) (x)
#include "sm3/schedule.h"

#define EXPAND(j)                                                                                                      \
    do {                                                                                                               \
        if ((j) + 16 < SM3_ROUNDS + 4) {                                                                               \
            expand_narrow(rows, (j) + 16);                                                                             \
        }                                                                                                              \
    } while (0)

/* One to four blocks. */
static void compress_short(uint32_t state[8], const uint8_t *blocks, size_t count) {
    uint32_t rows[(SM3_ROUNDS + 4) * ROW] __attribute__((aligned(64)));
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    const uint32_t *row = rows;
    load_narrow(rows, blocks, count);
    ALL_ROUNDS(EXPAND);
    FEED_FORWARD(state);
    for (const uint32_t *end = rows + count; ++row != end;) {
        ALL_ROUNDS(NOTHING);
        FEED_FORWARD(state);
    }
    gmpki_cleanse(rows, sizeof rows);
}

static void compress_message(uint32_t state[8], const uint8_t *blocks, size_t count) {
    if (count > LANES) {
        compress_long(state, blocks, count);
    } else if (count != 0) {
        compress_short(state, blocks, count);
    }
}

#undef LANES
#undef NAME
#undef VEC
#undef V
#undef VS
#undef VPAIR
#undef ROW
#undef FOUR_ROUNDS

#endif /* GMPKI_SRC_SM3_COMPRESS_BMI2_H */
