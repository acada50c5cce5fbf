/* Big- and little-endian loads and stores of unaligned bytes. CT: constant. */
#ifndef GMPKI_SRC_BYTES_H
#define GMPKI_SRC_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint32_t load_be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t load_be64(const uint8_t *p) {
    return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static inline void store_be32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void store_be64(uint8_t *p, uint64_t v) {
    store_be32(p, (uint32_t)(v >> 32));
    store_be32(p + 4, (uint32_t)v);
}

static inline uint64_t load_le64(const uint8_t *p) {
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) {
        v = v << 8 | p[i];
    }
    return v;
}

static inline void store_le64(uint8_t *p, uint64_t v) {
    for (int i = 0; i < 8; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

/* memcpy and memset that allow NULL with length 0, as the public functions do. */
static inline void copy_bytes(void *target, const void *source, size_t len) {
    if (len != 0) {
        memcpy(target, source, len);
    }
}

static inline void zero_bytes(void *target, size_t len) {
    if (len != 0) {
        memset(target, 0, len);
    }
}

/* Zero the output of a call that fails, if it is there at all. */
static inline void zero_output(void *out, size_t len) {
    if (out != NULL) {
        zero_bytes(out, len);
    }
}

#endif /* GMPKI_SRC_BYTES_H */
