/*
 * XTS with ciphertext stealing (IEEE 1619-2018, 5.3 and 5.4; GB/T 17964-2021, clause 10).
 *
 * The two standards differ only in how a tweak is multiplied by x. IEEE 1619 numbers the bits from the lowest of the
 * first byte on. GB/T 17964 numbers them from the highest of the first byte on, as GCM does. That this is the whole
 * difference is taken from the implementations in Tongsuo, OpenSSL ("xts_standard=GB") and gmsm, and from the
 * standard's example, which those projects publish and our tests hold; the text of the standard was not at hand.
 */
#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, MAX_UNIT_LEN = 1 << 24 };

/* A tweak as a polynomial: bit i of low is the coefficient of x^i, bit i of high that of x^(64+i). For the order of
 * GB/T 17964 all bits are turned round: bit 63 - i of low and of high. */
typedef struct tweak {
    uint64_t low;
    uint64_t high;
} tweak;

typedef struct xts {
    uint32_t round_keys[GMPKI_SM4_ROUNDS]; /* in the order of the direction */
    tweak tweak;                           /* of the next block */
    int order;
} xts;

static inline tweak load_tweak(const uint8_t bytes[BLOCK], int order) {
    return order == GMPKI_SM4_XTS_IEEE ? (tweak){load_le64(bytes), load_le64(bytes + 8)}
                                       : (tweak){load_be64(bytes), load_be64(bytes + 8)};
}

static inline void store_tweak(uint8_t bytes[BLOCK], tweak t, int order) {
    /* Swapping and storing in big-endian order is storing in little-endian order, and compilers see that. */
    store_be64(bytes, order == GMPKI_SM4_XTS_IEEE ? __builtin_bswap64(t.low) : t.low);
    store_be64(bytes + 8, order == GMPKI_SM4_XTS_IEEE ? __builtin_bswap64(t.high) : t.high);
}

/* t x modulo x^128 + x^7 + x^2 + x + 1. */
static inline tweak double_tweak(tweak t, int order) {
    if (order == GMPKI_SM4_XTS_IEEE) {
        uint64_t reduction = mask_from_bit(t.high >> 63) & 0x87;
        return (tweak){t.low << 1 ^ reduction, t.high << 1 | t.low >> 63};
    }
    uint64_t reduction = mask_from_bit(t.high & 1) & (uint64_t)0xE1 << 56;
    return (tweak){t.low >> 1 ^ reduction, t.high >> 1 | t.low << 63};
}

/* crypt_blocks where the backend has a function of its own. */
static void crypt_blocks_kernel(xts *x, const sm4_backend *backend, uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t bytes[BLOCK];
    store_tweak(bytes, x->tweak, x->order);
    backend->xts(x->round_keys, bytes, x->order, out, in, len / BLOCK);
    x->tweak = load_tweak(bytes, x->order);
    gmpki_cleanse(bytes, sizeof bytes);
}

/* Whole blocks: out = C(in ^ T) ^ T with T doubled from block to block. */
static void crypt_blocks(xts *x, uint8_t *out, const uint8_t *in, size_t len) {
    const sm4_backend *backend = sm4_active();
    if (backend->xts != NULL) {
        crypt_blocks_kernel(x, backend, out, in, len);
        return;
    }
    uint8_t tweaks[SM4_BATCH_LEN], work[SM4_BATCH_LEN];
    while (len != 0) {
        size_t now = len < SM4_BATCH_LEN ? len : SM4_BATCH_LEN;
        for (size_t i = 0; i < now; i += BLOCK) {
            store_tweak(tweaks + i, x->tweak, x->order);
            x->tweak = double_tweak(x->tweak, x->order);
        }
        sm4_xor(work, in, tweaks, now);
        backend->crypt(x->round_keys, work, work, now / BLOCK);
        sm4_xor(out, work, tweaks, now);
        in += now;
        out += now;
        len -= now;
    }
    gmpki_cleanse(tweaks, sizeof tweaks);
    gmpki_cleanse(work, sizeof work);
}

/*
 * Encryption ends with tail_len bytes after whole blocks (5.3.2). The last block before them, encrypted already, lends
 * its end to fill the tail; its beginning becomes the last, short block.
 */
static void encrypt_stealing(xts *x, uint8_t *out, const uint8_t *in, size_t tail_len) {
    uint8_t *lender = out - BLOCK;
    uint8_t filled[BLOCK];
    copy_bytes(filled, in, tail_len);
    copy_bytes(filled + tail_len, lender + tail_len, BLOCK - tail_len);
    copy_bytes(out, lender, tail_len);
    crypt_blocks(x, lender, filled, BLOCK);
    gmpki_cleanse(filled, sizeof filled);
}

/* Decryption ends with a whole block and tail_len bytes after it (5.4.2): the same in the other order, and with the two
 * tweaks in the other order. */
static void decrypt_stealing(xts *x, uint8_t *out, const uint8_t *in, size_t tail_len) {
    uint8_t first[BLOCK], second[BLOCK];
    tweak earlier = x->tweak;
    x->tweak = double_tweak(x->tweak, x->order);
    crypt_blocks(x, first, in, BLOCK);
    copy_bytes(second, in + BLOCK, tail_len);
    copy_bytes(second + tail_len, first + tail_len, BLOCK - tail_len);
    x->tweak = earlier;
    crypt_blocks(x, out, second, BLOCK);
    copy_bytes(out + BLOCK, first, tail_len);
    gmpki_cleanse(first, sizeof first);
    gmpki_cleanse(second, sizeof second);
    gmpki_cleanse(&earlier, sizeof earlier);
}

static int halves_equal(const uint8_t raw_key[GMPKI_SM4_XTS_KEY_LEN]) {
    uint64_t equal = mask_is_zero(difference(raw_key, raw_key + GMPKI_SM4_KEY_LEN, GMPKI_SM4_KEY_LEN));
    DECLASSIFY(&equal, sizeof equal); /* it becomes the status */
    return equal != 0;
}

int gmpki_sm4_xts(uint8_t *out, int direction, int order, const uint8_t raw_key[GMPKI_SM4_XTS_KEY_LEN],
                  const uint8_t initial[GMPKI_SM4_BLOCK_LEN], const uint8_t *in, size_t in_len) {
    if (in_len < BLOCK || in_len > MAX_UNIT_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int missing = out == NULL || raw_key == NULL || initial == NULL || in == NULL;
    int known = (direction == GMPKI_SM4_ENCRYPT || direction == GMPKI_SM4_DECRYPT) &&
                (order == GMPKI_SM4_XTS_IEEE || order == GMPKI_SM4_XTS_GB);
    int status = missing || !known ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM4);
    if (status == GMPKI_OK && direction == GMPKI_SM4_ENCRYPT && halves_equal(raw_key)) {
        status = GMPKI_ERR_ARGUMENT;
    }
    if (status != GMPKI_OK) {
        zero_output(out, in_len);
        return status;
    }
    xts x = {.order = order};
    gmpki_sm4_key key;
    uint8_t encrypted[BLOCK];
    sm4_expand(&key, raw_key + GMPKI_SM4_KEY_LEN);
    sm4_encrypt(&key, encrypted, initial, 1);
    x.tweak = load_tweak(encrypted, order);
    sm4_expand(&key, raw_key);
    size_t tail_len = in_len % BLOCK;
    if (direction == GMPKI_SM4_ENCRYPT) {
        copy_bytes(x.round_keys, key.round_keys, sizeof x.round_keys);
        crypt_blocks(&x, out, in, in_len - tail_len);
        if (tail_len != 0) {
            encrypt_stealing(&x, out + (in_len - tail_len), in + (in_len - tail_len), tail_len);
        }
    } else {
        size_t plain_len = tail_len == 0 ? in_len : in_len - tail_len - BLOCK;
        sm4_reverse(x.round_keys, &key);
        crypt_blocks(&x, out, in, plain_len);
        if (tail_len != 0) {
            decrypt_stealing(&x, out + plain_len, in + plain_len, tail_len);
        }
    }
    gmpki_cleanse(&x, sizeof x);
    gmpki_cleanse(&key, sizeof key);
    gmpki_cleanse(encrypted, sizeof encrypted);
    return GMPKI_OK;
}
