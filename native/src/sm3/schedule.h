/*
 * Part of compress_bmi2.h, which includes it once for each width: LANES blocks, their words expanded side by side in
 * vectors of the type VEC. No include guard on purpose.
 *
 * Row j of the schedule has W_j of every block, then W'_j of every block.
 */

#define ROW (2 * LANES)
#define LOAD_W(j) VS(load)((const VEC *)(rows + ROW * (j)))
#define STORE_W(j, v) VS(store)((VEC *)(rows + ROW * (j)), (v))
#define STORE_W4(j, v) VS(store)((VEC *)(rows + ROW * (j) + LANES), (v))
#ifndef XOR3
#ifdef __AVX512VL__
#define ROL(v, n) V(rol_epi32)((v), (n))
#else
#define ROL(v, n) VS(or)(V(slli_epi32)((v), (n)), V(srli_epi32)((v), 32 - (n)))
#endif
#if defined(__AVX512VL__) && !defined(GMPKI_MSAN) /* which reports the operands of this one */
#define XOR3(a, b, c) V(ternarylogic_epi32)((a), (b), (c), 0x96)
#else
#define XOR3(a, b, c) VS (xor)(VS(xor)((a), (b)), (c))
#endif
#endif

/* Word j >= 16 of every block (5.3.2 b), into its row; W' four rows above is complete with it. */
INLINE void NAME(expand)(uint32_t *rows, int j) {
    const VEC turn_byte = VPAIR(_mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3));
    VEC x = XOR3(LOAD_W(j - 16), LOAD_W(j - 9), ROL(LOAD_W(j - 3), 15));
    VEC x15 = ROL(x, 15);
    VEC w = XOR3(XOR3(x, x15, V(shuffle_epi8)(x15, turn_byte)), ROL(LOAD_W(j - 13), 7), LOAD_W(j - 6));
    STORE_W(j, w);
    STORE_W4(j - 4, VS(xor)(w, LOAD_W(j - 4)));
}

/* Four words of every block, from the first one on: turned into numbers and transposed. */
INLINE void NAME(load_four)(uint32_t *rows, const uint8_t *const lanes[LANES], int first) {
    const VEC order = VPAIR(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    VEC r[4];
    for (int i = 0; i < 4; i++) {
        __m128i low = _mm_loadu_si128((const __m128i *)(lanes[i] + 4 * first));
#if LANES == 8
        __m128i high = _mm_loadu_si128((const __m128i *)(lanes[4 + i] + 4 * first));
        r[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
#else
        r[i] = low;
#endif
        r[i] = V(shuffle_epi8)(r[i], order);
    }
    VEC low01 = V(unpacklo_epi32)(r[0], r[1]);
    VEC high01 = V(unpackhi_epi32)(r[0], r[1]);
    VEC low23 = V(unpacklo_epi32)(r[2], r[3]);
    VEC high23 = V(unpackhi_epi32)(r[2], r[3]);
    STORE_W(first, V(unpacklo_epi64)(low01, low23));
    STORE_W(first + 1, V(unpackhi_epi64)(low01, low23));
    STORE_W(first + 2, V(unpacklo_epi64)(high01, high23));
    STORE_W(first + 3, V(unpackhi_epi64)(high01, high23));
}

/* The first sixteen words of count blocks, or of LANES if there are more. */
INLINE void NAME(load)(uint32_t *rows, const uint8_t *blocks, size_t count) {
    const uint8_t *lanes[LANES];
    for (size_t i = 0; i < LANES; i++) {
        lanes[i] = blocks + (i < count ? i : 0) * GMPKI_SM3_BLOCK_LEN;
    }
    for (int i = 0; i < 16; i += 4) {
        NAME(load_four)(rows, lanes, i);
    }
    for (int i = 0; i < 12; i++) {
        STORE_W4(i, VS(xor)(LOAD_W(i), LOAD_W(i + 4)));
    }
}
