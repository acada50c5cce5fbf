/*
 * The rounds of SM3 on vectors, one hash in each lane of 32 bits. A kernel's file defines the type `vec` and what is
 * done to it (the list below) and includes this; the algorithm is written once.
 *
 *   vec_add, vec_xor      two operands
 *   vec_rol(v, n)         each lane turned left by n; v may be evaluated twice
 *   vec_xor3              a ^ b ^ c
 *   vec_majority          FF of the late rounds (GB/T 32905-2016, 4.3)
 *   vec_choose            GG of the late rounds: the bits of the second where the first has ones, else of the third
 *   vec_broadcast(p)      the word at p in every lane
 *
 * As in compress_portable.c the names of the eight words move, not the words, and the message is expanded four words
 * ahead. CT: only additions, rotations and bitwise operations on data; indices are round numbers.
 */
#ifndef GMPKI_SRC_SM3_ROUNDS_H
#define GMPKI_SRC_SM3_ROUNDS_H

#include <stdint.h>

#define ROUNDS_INLINE static inline __attribute__((always_inline))

/* For loops of a few steps over vectors: while they are loops, their arrays are memory, not registers. */
#define UNROLL _Pragma("GCC unroll 16")

/*
 * Keeps the compiler from ordering sums anew, which would put what comes last, A and E, into them first, and from
 * moving what a round makes away from it, for which there are too few registers. A kernel whose vec is no vector of the
 * compiler's has its own.
 */
#ifdef IN_THIS_ORDER
#elif defined(GMPKI_MSAN)
#define IN_THIS_ORDER(v) ((void)0)
#elif defined(__aarch64__)
#define IN_THIS_ORDER(v) __asm__ volatile("" : "+w"(v))
#else
#define IN_THIS_ORDER(v) __asm__ volatile("" : "+v"(v))
#endif

/* P0 and P1 (4.4). The farther rotation goes on from the nearer one where a turn by eight bits is one instruction. */
ROUNDS_INLINE vec p0(vec x) {
    vec turned = vec_rol(x, 9);
    return vec_xor3(x, turned, VEC_ROL_ON(x, turned, 17));
}

ROUNDS_INLINE vec p1(vec x) {
    vec turned = vec_rol(x, 15);
    return vec_xor3(x, turned, VEC_ROL_ON(x, turned, 23));
}

/* Word i >= 16 of the expanded message (5.3.2 b), put in the place of word i - 16. */
ROUNDS_INLINE vec expand(vec w[16], int i) {
    vec mixed = p1(vec_xor3(w[i & 15], w[(i - 9) & 15], vec_rol(w[(i - 3) & 15], 15)));
    w[i & 15] = vec_xor3(mixed, vec_rol(w[(i - 13) & 15], 7), w[(i - 6) & 15]);
    IN_THIS_ORDER(w[i & 15]);
    return w[i & 15];
}

/* What FF and GG leave of a round: see mix in compress_portable.c. */
ROUNDS_INLINE void mix(vec ff, vec gg, vec a, vec *b, vec *d, vec e, vec *f, vec *h, const uint32_t *t, vec w, vec w4) {
    vec a12 = vec_rol(a, 12);
    vec sum = vec_add(a12, vec_broadcast(t));
    vec tt1 = vec_add(*d, vec_xor(w, w4));
    vec tt2 = vec_add(*h, w);
    IN_THIS_ORDER(sum);
    IN_THIS_ORDER(tt1);
    IN_THIS_ORDER(tt2);
    tt1 = vec_add(tt1, ff);
    tt2 = vec_add(tt2, gg);
    IN_THIS_ORDER(tt1);
    IN_THIS_ORDER(tt2);
    sum = vec_add(sum, e);
    vec ss1 = vec_rol(sum, 7);
    *d = vec_add(tt1, vec_xor(ss1, a12));
    *h = p0(vec_add(tt2, ss1));
    *b = vec_rol(*b, 9);
    *f = vec_rol(*f, 19);
    IN_THIS_ORDER(*d);
    IN_THIS_ORDER(*h);
    IN_THIS_ORDER(*b);
    IN_THIS_ORDER(*f);
}

ROUNDS_INLINE void round_early(vec a, vec *b, vec c, vec *d, vec e, vec *f, vec g, vec *h, const uint32_t *t, vec w,
                               vec w4) {
    mix(vec_xor3(a, *b, c), vec_xor3(e, *f, g), a, b, d, e, f, h, t, w, w4);
}

ROUNDS_INLINE void round_late(vec a, vec *b, vec c, vec *d, vec e, vec *f, vec g, vec *h, const uint32_t *t, vec w,
                              vec w4) {
    mix(vec_majority(a, *b, c), vec_choose(e, *f, g), a, b, d, e, f, h, t, w, w4);
}

ROUNDS_INLINE vec given(vec w[16], int i) {
    return w[i];
}

/* Four rounds of one kind, the first at place j of w, with their constants from t on. */
#define FOUR_ROUNDS(round, s, t, w, j, next)                                                                           \
    do {                                                                                                               \
        round(s[0], &s[1], s[2], &s[3], s[4], &s[5], s[6], &s[7], (t) + (j), w[(j)], next(w, (j) + 4));                \
        round(s[3], &s[0], s[1], &s[2], s[7], &s[4], s[5], &s[6], (t) + (j) + 1, w[(j) + 1], next(w, (j) + 5));        \
        round(s[2], &s[3], s[0], &s[1], s[6], &s[7], s[4], &s[5], (t) + (j) + 2, w[(j) + 2], next(w, (j) + 6));        \
        round(s[1], &s[2], s[3], &s[0], s[5], &s[6], s[7], &s[4], (t) + (j) + 3, w[(j) + 3], next(w, (j) + 7));        \
    } while (0)

/* CF (5.3.3) of the block in w, in each lane; w is used up. */
ROUNDS_INLINE void compress_vectors(vec state[8], vec w[16]) {
    vec s[8];
    UNROLL
    for (int i = 0; i < 8; i++) {
        s[i] = state[i];
    }
    const uint32_t *t = sm3_t_rotated;
    FOUR_ROUNDS(round_early, s, t, w, 0, given);
    FOUR_ROUNDS(round_early, s, t, w, 4, given);
    FOUR_ROUNDS(round_early, s, t, w, 8, given);
    FOUR_ROUNDS(round_early, s, t, w, 12, expand);
    for (int left = 3; left != 0; left--) {
        t += 16;
        FOUR_ROUNDS(round_late, s, t, w, 0, expand);
        FOUR_ROUNDS(round_late, s, t, w, 4, expand);
        FOUR_ROUNDS(round_late, s, t, w, 8, expand);
        FOUR_ROUNDS(round_late, s, t, w, 12, expand);
    }
    UNROLL
    for (int i = 0; i < 8; i++) {
        state[i] = vec_xor(state[i], s[i]);
    }
}

#endif /* GMPKI_SRC_SM3_ROUNDS_H */
