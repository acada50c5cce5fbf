/*
 * Selecting and comparing without branches. A mask is all ones (true) or all zeros (false).
 * value_barrier hides a value from the optimiser, which would otherwise be free to turn a masked select back into a
 * branch. CT: every function here is constant time in every argument.
 */
#ifndef GMPKI_SRC_CT_H
#define GMPKI_SRC_CT_H

#include <stddef.h>
#include <stdint.h>

#include "common/sanitizers.h"

static inline uint64_t value_barrier(uint64_t v) {
#ifndef GMPKI_MSAN
    __asm__("" : "+r"(v));
#endif
    return v;
}

/* All ones if bit is 1, zero if it is 0. MemorySanitizer takes a difference for undefined only in the bits in which its
 * operands are, and the mask of a secret for public but in its lowest bit; it does follow the spreading of a sign. */
static inline uint64_t mask_from_bit(uint64_t bit) {
#ifdef GMPKI_MSAN
    return (uint64_t)((int64_t)(bit << 63) >> 63);
#else
    return 0 - value_barrier(bit);
#endif
}

/* All ones if v is 0. */
static inline uint64_t mask_is_zero(uint64_t v) {
    return mask_from_bit((~v & (v - 1)) >> 63);
}

/* All ones if a equals b. */
static inline uint64_t mask_equal(uint64_t a, uint64_t b) {
    return mask_is_zero(a ^ b);
}

/* a where mask is ones, b where it is zeros. */
static inline uint64_t select_u64(uint64_t mask, uint64_t a, uint64_t b) {
    return b ^ (mask & (a ^ b));
}

/* Zero if both buffers agree, something else if not. */
static inline uint64_t difference(const void *a, const void *b, size_t len) {
    const uint8_t *x = a;
    const uint8_t *y = b;
    uint64_t found = 0;
    for (size_t i = 0; i < len; i++) {
        found |= (uint64_t)(x[i] ^ y[i]);
    }
    return value_barrier(found);
}

/* Zero if the buffer is all zeros, something else if not. */
static inline uint64_t any_bit(const void *data, size_t len) {
    const uint8_t *x = data;
    uint64_t found = 0;
    for (size_t i = 0; i < len; i++) {
        found |= x[i];
    }
    return value_barrier(found);
}

/*
 * The constant-time checkers (valgrind, MemorySanitizer) track secrets as undefined memory. Where a secret's
 * consequence becomes public by design (a result that the caller learns anyway), the code says so here, with the reason
 * beside the call.
 */
#ifdef GMPKI_CTIME
void ctime_declassify(const void *data, size_t len);
#define DECLASSIFY(data, len) ctime_declassify((data), (len))
#else
#define DECLASSIFY(data, len) ((void)(data), (void)(len))
#endif

#endif /* GMPKI_SRC_CT_H */
