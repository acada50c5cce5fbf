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

typedef struct xts {
    gmpki_sm4_key key;
    uint8_t tweak[BLOCK]; /* of the next block */
    int direction;
    int order;
} xts;

/* tweak *= x modulo x^128 + x^7 + x^2 + x + 1. */
static void double_tweak(uint8_t tweak[BLOCK], int order) {
    if (order == GMPKI_SM4_XTS_IEEE) {
        uint64_t low = load_le64(tweak), high = load_le64(tweak + 8);
        uint64_t reduction = mask_from_bit(high >> 63) & 0x87;
        store_le64(tweak + 8, high << 1 | low >> 63);
        store_le64(tweak, low << 1 ^ reduction);
    } else {
        uint64_t high = load_be64(tweak), low = load_be64(tweak + 8);
        uint64_t reduction = mask_from_bit(low & 1) & (uint64_t)0xE1 << 56;
        store_be64(tweak + 8, low >> 1 | high << 63);
        store_be64(tweak, high >> 1 ^ reduction);
    }
}

/* Whole blocks: out = C(in ^ T) ^ T with T doubled from block to block. */
static void crypt_blocks(xts *x, uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t tweaks[SM4_BATCH_LEN], work[SM4_BATCH_LEN];
    while (len != 0) {
        size_t now = len < SM4_BATCH_LEN ? len : SM4_BATCH_LEN;
        for (size_t i = 0; i < now; i += BLOCK) {
            copy_bytes(tweaks + i, x->tweak, BLOCK);
            double_tweak(x->tweak, x->order);
        }
        sm4_xor(work, in, tweaks, now);
        if (x->direction == GMPKI_SM4_ENCRYPT) {
            sm4_encrypt(&x->key, work, work, now / BLOCK);
        } else {
            sm4_decrypt(&x->key, work, work, now / BLOCK);
        }
        sm4_xor(out, work, tweaks, now);
        in += now;
        out += now;
        len -= now;
    }
    gmpki_cleanse(tweaks, sizeof tweaks);
    gmpki_cleanse(work, sizeof work);
}

/*
 * The last whole block and the tail_len bytes after it (5.3.2, 5.4.2). The ciphertext of the whole block lends its end
 * to fill the tail; its beginning becomes the last, short block. Decryption uses the two tweaks in the other order.
 */
static void crypt_stealing(xts *x, uint8_t *out, const uint8_t *in, size_t tail_len) {
    uint8_t first[BLOCK], second[BLOCK], tweak[BLOCK];
    copy_bytes(tweak, x->tweak, BLOCK);
    if (x->direction == GMPKI_SM4_DECRYPT) {
        double_tweak(x->tweak, x->order);
    }
    crypt_blocks(x, first, in, BLOCK);
    copy_bytes(second, in + BLOCK, tail_len);
    copy_bytes(second + tail_len, first + tail_len, BLOCK - tail_len);
    if (x->direction == GMPKI_SM4_DECRYPT) {
        copy_bytes(x->tweak, tweak, BLOCK);
    }
    crypt_blocks(x, out, second, BLOCK);
    copy_bytes(out + BLOCK, first, tail_len);
    gmpki_cleanse(first, sizeof first);
    gmpki_cleanse(second, sizeof second);
    gmpki_cleanse(tweak, sizeof tweak);
}

int gmpki_sm4_xts(uint8_t *out, int direction, int order, const uint8_t raw_key[GMPKI_SM4_XTS_KEY_LEN],
                  const uint8_t tweak[GMPKI_SM4_BLOCK_LEN], const uint8_t *in, size_t in_len) {
    if (out == NULL || raw_key == NULL || tweak == NULL || in == NULL ||
        (direction != GMPKI_SM4_ENCRYPT && direction != GMPKI_SM4_DECRYPT) ||
        (order != GMPKI_SM4_XTS_IEEE && order != GMPKI_SM4_XTS_GB)) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (in_len < BLOCK || in_len > MAX_UNIT_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = gate(GMPKI_SM4);
    uint64_t halves_equal = mask_is_zero(difference(raw_key, raw_key + GMPKI_SM4_KEY_LEN, GMPKI_SM4_KEY_LEN));
    DECLASSIFY(&halves_equal, sizeof halves_equal); /* it becomes the status */
    if (status == GMPKI_OK && direction == GMPKI_SM4_ENCRYPT && halves_equal) {
        status = GMPKI_ERR_ARGUMENT;
    }
    if (status != GMPKI_OK) {
        zero_bytes(out, in_len);
        return status;
    }
    xts x = {.direction = direction, .order = order};
    sm4_expand(&x.key, raw_key + GMPKI_SM4_KEY_LEN);
    sm4_encrypt(&x.key, x.tweak, tweak, 1);
    sm4_expand(&x.key, raw_key);
    size_t tail_len = in_len % BLOCK;
    size_t plain_len = tail_len == 0 ? in_len : in_len - tail_len - BLOCK;
    crypt_blocks(&x, out, in, plain_len);
    if (tail_len != 0) {
        crypt_stealing(&x, out + plain_len, in + plain_len, tail_len);
    }
    gmpki_cleanse(&x, sizeof x);
    return GMPKI_OK;
}
