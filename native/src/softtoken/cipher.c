/*
 * Running ciphers: whole blocks from input in pieces of any size, padding, and sizes told before anything happens.
 *
 * What is held back never exceeds one block. It is kept as it came in; the kernel sees whole blocks only.
 */
#include <stdlib.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "softtoken/cipher_kernel.h"

enum state {
    RUNNING,
    LAST, /* final has run; its bytes wait in last until a buffer is large enough */
    ENDED
};

struct st_cipher {
    st_cipher_kernel kernel;
    enum state state;
    size_t block_len; /* 1 for the modes that take any number of bytes */
    int direction;
    int padding;
    uint8_t held[ST_MAX_BLOCK_LEN];
    size_t held_len;
    uint8_t last[ST_MAX_BLOCK_LEN];
    size_t last_len;
};

size_t st_cipher_block_len(int algorithm) {
    switch (algorithm) {
    case ST_SM4:
    case ST_AES:
        return 16;
    case ST_DES:
    case ST_DES3:
        return 8;
    default:
        return 0;
    }
}

int st_cipher_takes_key_len(int algorithm, size_t key_len) {
    switch (algorithm) {
    case ST_SM4:
        return key_len == 16;
    case ST_DES:
        return key_len == 8;
    case ST_DES3:
        return key_len == 16 || key_len == 24;
    case ST_AES:
        return key_len == 16 || key_len == 24 || key_len == 32;
    default:
        return 0;
    }
}

/* ECB and CBC; the others make a key stream. */
static int in_blocks(int mode) {
    return mode == ST_ECB || mode == ST_CBC;
}

static enum st_status check_spec(const st_cipher_spec *spec) {
    size_t block_len = st_cipher_block_len(spec->algorithm);
    int known = block_len != 0 && spec->mode >= ST_ECB && spec->mode <= ST_CTR &&
                (spec->direction == ST_ENCRYPT || spec->direction == ST_DECRYPT);
    int padded = spec->padding == ST_PKCS7;
    if (!known || (spec->padding != ST_NO_PADDING && !padded) || (padded && !in_blocks(spec->mode)) ||
        spec->iv_len != (spec->mode == ST_ECB ? 0 : block_len) || (spec->iv == NULL && spec->iv_len != 0) ||
        (spec->key == NULL && spec->key_len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (!st_cipher_takes_key_len(spec->algorithm, spec->key_len)) {
        return ST_ERR_KEY_LEN;
    }
    unsigned bits = spec->feedback_bits;
    if (spec->mode == ST_CFB && bits != 0 && bits != 8 && bits != 8 * block_len) {
        return ST_ERR_NOT_SUPPORTED;
    }
    return ST_OK;
}

enum st_status st_cipher_new(st_cipher **cipher, const st_cipher_spec *spec) {
    if (cipher == NULL) {
        return ST_ERR_ARGUMENT;
    }
    *cipher = NULL;
    enum st_status status = spec == NULL ? ST_ERR_ARGUMENT : check_spec(spec);
    if (status != ST_OK) {
        return status;
    }
    st_cipher *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return ST_ERR_MEMORY;
    }
    status = st_cipher_kernel_start(&made->kernel, spec);
    if (status != ST_OK) {
        free(made);
        return status;
    }
    made->block_len = in_blocks(spec->mode) ? st_cipher_block_len(spec->algorithm) : 1;
    made->direction = spec->direction;
    made->padding = spec->padding;
    *cipher = made;
    return ST_OK;
}

static enum st_status end(st_cipher *cipher, enum st_status status) {
    st_cipher_kernel_stop(&cipher->kernel);
    gmpki_cleanse(cipher->held, sizeof cipher->held);
    gmpki_cleanse(cipher->last, sizeof cipher->last);
    cipher->state = ENDED;
    return status;
}

void st_cipher_free(st_cipher *cipher) {
    if (cipher != NULL) {
        end(cipher, ST_OK);
        free(cipher);
    }
}

static int unpads(const st_cipher *cipher) {
    return cipher->padding == ST_PKCS7 && cipher->direction == ST_DECRYPT;
}

static int pads(const st_cipher *cipher) {
    return cipher->padding == ST_PKCS7 && cipher->direction == ST_ENCRYPT;
}

/* How many bytes an update writes. Unpadding keeps the last whole block back: it may be the padded one. */
static size_t due_len(const st_cipher *cipher, size_t in_len) {
    size_t have = cipher->held_len + in_len;
    size_t due = have - have % cipher->block_len;
    return unpads(cipher) && due == have && due != 0 ? due - cipher->block_len : due;
}

static int overlap(const uint8_t *a, const uint8_t *b, size_t a_len, size_t b_len) {
    uintptr_t x = (uintptr_t)a;
    uintptr_t y = (uintptr_t)b;
    return x < y + b_len && y < x + a_len;
}

/* Write due bytes out of what is held and in, and hold the rest. out is in with nothing held, or does not touch it. */
static enum st_status advance(st_cipher *cipher, uint8_t *out, size_t due, const uint8_t *in, size_t in_len) {
    enum st_status status = ST_OK;
    if (due != 0 && cipher->held_len != 0) {
        size_t missing = cipher->block_len - cipher->held_len;
        copy_bytes(cipher->held + cipher->held_len, in, missing);
        status = st_cipher_kernel_run(&cipher->kernel, out, cipher->held, cipher->block_len);
        cipher->held_len = 0;
        out += cipher->block_len;
        due -= cipher->block_len;
        in += missing;
        in_len -= missing;
    }
    if (status == ST_OK && due != 0) {
        /* The rest first: it may lie where the output goes. */
        copy_bytes(cipher->held, in + due, in_len - due);
        cipher->held_len = in_len - due;
        return st_cipher_kernel_run(&cipher->kernel, out, in, due);
    }
    copy_bytes(cipher->held + cipher->held_len, in, in_len);
    cipher->held_len += in_len;
    return status;
}

/* advance where out and in may lie across each other. */
static enum st_status advance_anyhow(st_cipher *cipher, uint8_t *out, size_t due, const uint8_t *in, size_t in_len) {
    if (due == 0 || !overlap(out, in, due, in_len) || (out == in && cipher->held_len == 0)) {
        return advance(cipher, out, due, in, in_len);
    }
    uint8_t *copy = malloc(in_len);
    if (copy == NULL) {
        return ST_ERR_MEMORY;
    }
    memcpy(copy, in, in_len);
    enum st_status status = advance(cipher, out, due, copy, in_len);
    gmpki_cleanse(copy, in_len);
    free(copy);
    return status;
}

/* What every call with an input asks first. */
static enum st_status check_input(const st_cipher *cipher, const size_t *out_len, const uint8_t *in, size_t in_len) {
    if (cipher == NULL || out_len == NULL || (in == NULL && in_len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (cipher->state != RUNNING) {
        return ST_ERR_STATE;
    }
    return in_len > SIZE_MAX - 2 * ST_MAX_BLOCK_LEN ? ST_ERR_ARGUMENT : ST_OK; /* no buffer is so long */
}

enum st_status st_cipher_update(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in, size_t in_len) {
    enum st_status status = check_input(cipher, out_len, in, in_len);
    if (status != ST_OK) {
        return status;
    }
    size_t room = *out_len;
    *out_len = due_len(cipher, in_len);
    if (out == NULL) {
        return ST_OK;
    }
    if (room < *out_len) {
        return ST_ERR_BUFFER;
    }
    status = advance_anyhow(cipher, out, *out_len, in, in_len);
    return status == ST_OK ? ST_OK : end(cipher, status);
}

/*
 * Decrypt the block held back and find the padding's length (RFC 5652 6.3). All bytes are looked at whatever the last
 * one says: time tells whether the padding is right, which the caller learns anyway, and not where it is wrong.
 */
static enum st_status unpad(st_cipher *cipher) {
    size_t block_len = cipher->block_len;
    enum st_status status = st_cipher_kernel_run(&cipher->kernel, cipher->last, cipher->held, block_len);
    uint64_t pad = cipher->last[block_len - 1];
    uint64_t wrong = ~mask_is_zero((pad - 1) & ~(uint64_t)(block_len - 1)); /* not 1 .. block_len, a power of two */
    for (uint64_t i = 0; i < block_len; i++) {
        uint64_t inside = mask_from_bit((i - pad) >> 63); /* i < pad: the i-th byte from the end is padding */
        wrong |= inside & (cipher->last[block_len - 1 - i] ^ pad);
    }
    if (status == ST_OK && wrong != 0) {
        return ST_ERR_PADDING;
    }
    cipher->last_len = block_len - (size_t)pad;
    return status;
}

/* Produce the last bytes. */
static enum st_status finish(st_cipher *cipher) {
    cipher->last_len = 0;
    if (pads(cipher)) {
        size_t missing = cipher->block_len - cipher->held_len;
        memset(cipher->held + cipher->held_len, (int)missing, missing);
        cipher->last_len = cipher->block_len;
        return st_cipher_kernel_run(&cipher->kernel, cipher->last, cipher->held, cipher->block_len);
    }
    if (unpads(cipher)) {
        return cipher->held_len == cipher->block_len ? unpad(cipher) : ST_ERR_INPUT_LEN;
    }
    return cipher->held_len == 0 ? ST_OK : ST_ERR_INPUT_LEN;
}

enum st_status st_cipher_final(st_cipher *cipher, uint8_t *out, size_t *out_len) {
    if (cipher == NULL || out_len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (cipher->state == ENDED) {
        return ST_ERR_STATE;
    }
    if (out == NULL) {
        size_t bound = cipher->padding == ST_PKCS7 ? cipher->block_len : 0;
        *out_len = cipher->state == LAST ? cipher->last_len : bound;
        return ST_OK;
    }
    if (cipher->state == RUNNING) {
        enum st_status status = finish(cipher);
        if (status != ST_OK) {
            return end(cipher, status);
        }
        cipher->state = LAST;
    }
    size_t room = *out_len;
    *out_len = cipher->last_len;
    if (room < cipher->last_len) {
        return ST_ERR_BUFFER;
    }
    copy_bytes(out, cipher->last, cipher->last_len);
    return end(cipher, ST_OK);
}

/* Update and final with room enough for both. On failure nothing of what was written remains. */
static enum st_status crypt_all(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in, size_t in_len) {
    size_t room = *out_len;
    enum st_status status = st_cipher_update(cipher, out, out_len, in, in_len);
    if (status != ST_OK) {
        return status;
    }
    size_t last_len = room - *out_len;
    status = st_cipher_final(cipher, out + *out_len, &last_len);
    if (status == ST_OK) {
        *out_len += last_len;
    } else {
        gmpki_cleanse(out, *out_len);
    }
    return status;
}

/*
 * Unpadding into a buffer that is shorter than the ciphertext and may be just long enough: a copy of the cipher does
 * it elsewhere, so that nothing has happened when it was not.
 */
static enum st_status crypt_apart(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in, size_t in_len,
                                  size_t bound) {
    st_cipher copy = *cipher;
    uint8_t *plain = malloc(bound);
    if (plain == NULL) {
        return end(cipher, ST_ERR_MEMORY);
    }
    enum st_status status = st_cipher_kernel_copy(&copy.kernel, &cipher->kernel);
    size_t plain_len = bound;
    if (status == ST_OK) {
        status = crypt_all(&copy, plain, &plain_len, in, in_len);
        end(&copy, ST_OK);
    }
    int fits = plain_len <= *out_len;
    if (status == ST_OK) {
        *out_len = plain_len;
        if (fits) {
            copy_bytes(out, plain, plain_len);
        } else {
            status = ST_ERR_BUFFER;
        }
    }
    gmpki_cleanse(plain, bound);
    gmpki_cleanse(&copy, sizeof copy);
    free(plain);
    return status == ST_ERR_BUFFER ? status : end(cipher, status);
}

enum st_status st_cipher_crypt(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in, size_t in_len) {
    enum st_status status = check_input(cipher, out_len, in, in_len);
    if (status != ST_OK) {
        return status;
    }
    size_t total = cipher->held_len + in_len;
    size_t bound = pads(cipher) ? total - total % cipher->block_len + cipher->block_len : total;
    if (out == NULL) {
        *out_len = bound;
        return ST_OK;
    }
    if ((!pads(cipher) && total % cipher->block_len != 0) || (unpads(cipher) && total == 0)) {
        return end(cipher, ST_ERR_INPUT_LEN);
    }
    if (*out_len >= bound) {
        return crypt_all(cipher, out, out_len, in, in_len);
    }
    if (unpads(cipher) && *out_len >= bound - cipher->block_len) {
        return crypt_apart(cipher, out, out_len, in, in_len, bound);
    }
    *out_len = bound;
    return ST_ERR_BUFFER;
}

enum st_status st_cipher_once(const st_cipher_spec *spec, uint8_t *out, size_t *out_len, const uint8_t *in,
                              size_t in_len) {
    st_cipher *cipher = NULL;
    enum st_status status = st_cipher_new(&cipher, spec);
    if (status == ST_OK) {
        status = st_cipher_crypt(cipher, out, out_len, in, in_len);
    }
    st_cipher_free(cipher);
    return status;
}
