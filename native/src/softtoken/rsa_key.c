/* RSA keys: made, checked, encoded. */
#include "softtoken/rsa_key.h"

#include <limits.h>

#include "common/bytes.h"
#include "gmpki/common.h"

enum {
    MIN_BITS = 8 * ST_RSA_MIN_LEN,
    MAX_PRIVATE_BITS = 8 * ST_RSA_PRIVATE_MAX_LEN,
    MAX_PUBLIC_BITS = 8 * ST_RSA_MAX_LEN
};

static BIGNUM *number(const st_libcrypto *lib, const uint8_t *bytes, size_t len) {
    return lib->BN_bin2bn(bytes, (int)len, NULL);
}

/* Free those numbers that nobody took over. */
static void drop(const st_libcrypto *lib, BIGNUM **numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        lib->BN_clear_free(numbers[i]);
    }
}

/* Hand n, e and perhaps d over to an RSA. */
static int set_key(const st_libcrypto *lib, RSA *rsa, const uint8_t *n, const uint8_t *e, const uint8_t *d,
                   size_t len) {
    BIGNUM *numbers[3] = {number(lib, n, len), number(lib, e, ST_RSA_EXPONENT_LEN), NULL};
    if (d != NULL) {
        numbers[2] = number(lib, d, len);
    }
    if (numbers[0] == NULL || numbers[1] == NULL || (d != NULL && numbers[2] == NULL) ||
        lib->RSA_set0_key(rsa, numbers[0], numbers[1], numbers[2]) != 1) {
        drop(lib, numbers, 3);
        return 0;
    }
    return 1;
}

static int set_primes(const st_libcrypto *lib, RSA *rsa, const st_rsa_key *key) {
    size_t half = key->bits / 16;
    BIGNUM *primes[2] = {number(lib, key->p, half), number(lib, key->q, half)};
    if (primes[0] == NULL || primes[1] == NULL || lib->RSA_set0_factors(rsa, primes[0], primes[1]) != 1) {
        drop(lib, primes, 2);
        return 0;
    }
    BIGNUM *crt[3] = {number(lib, key->dp, half), number(lib, key->dq, half), number(lib, key->qinv, half)};
    if (crt[0] == NULL || crt[1] == NULL || crt[2] == NULL ||
        lib->RSA_set0_crt_params(rsa, crt[0], crt[1], crt[2]) != 1) {
        drop(lib, crt, 3);
        return 0;
    }
    return 1;
}

RSA *st_rsa_load_public(const st_libcrypto *lib, const st_rsa_public_key *key) {
    RSA *rsa = lib->RSA_new();
    if (rsa != NULL && !set_key(lib, rsa, key->n, key->e, NULL, key->bits / 8)) {
        lib->RSA_free(rsa);
        return NULL;
    }
    return rsa;
}

RSA *st_rsa_load_private(const st_libcrypto *lib, const st_rsa_key *key) {
    RSA *rsa = lib->RSA_new();
    if (rsa != NULL && !(set_key(lib, rsa, key->n, key->e, key->d, key->bits / 8) && set_primes(lib, rsa, key))) {
        lib->RSA_free(rsa);
        return NULL;
    }
    return rsa;
}

/* Write libcrypto's key into ours. ST_ERR_KEY_LEN for a size not offered, ST_ERR_INPUT where a number is too long. */
static enum st_status store(const st_libcrypto *lib, st_rsa_key *key, const RSA *rsa) {
    const BIGNUM *n = NULL, *e = NULL, *d = NULL, *p = NULL, *q = NULL, *dp = NULL, *dq = NULL, *qinv = NULL;
    lib->RSA_get0_key(rsa, &n, &e, &d);
    lib->RSA_get0_factors(rsa, &p, &q);
    lib->RSA_get0_crt_params(rsa, &dp, &dq, &qinv);
    zero_bytes(key, sizeof *key);
    if (n == NULL || e == NULL || d == NULL || p == NULL || q == NULL || dp == NULL || dq == NULL || qinv == NULL) {
        return ST_ERR_INPUT;
    }
    key->bits = (uint32_t)lib->BN_num_bits(n);
    if (key->bits != MIN_BITS && key->bits != MAX_PRIVATE_BITS) {
        return ST_ERR_KEY_LEN;
    }
    int len = (int)key->bits / 8;
    int half = len / 2;
    const struct {
        const BIGNUM *value;
        uint8_t *out;
        int len;
    } fields[] = {
        {n, key->n, len},    {e, key->e, ST_RSA_EXPONENT_LEN},
        {d, key->d, len},    {p, key->p, half},
        {q, key->q, half},   {dp, key->dp, half},
        {dq, key->dq, half}, {qinv, key->qinv, half},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (lib->BN_bn2binpad(fields[i].value, fields[i].out, fields[i].len) != fields[i].len) {
            return ST_ERR_INPUT;
        }
    }
    return ST_OK;
}

void st_rsa_public(st_rsa_public_key *public_key, const st_rsa_key *key) {
    zero_bytes(public_key, sizeof *public_key);
    public_key->bits = key->bits;
    memcpy(public_key->n, key->n, sizeof key->n);
    memcpy(public_key->e, key->e, sizeof key->e);
}

static enum st_status check_numbers(const uint8_t *n, size_t len, const uint8_t *e) {
    uint32_t exponent = load_be32(e);
    int right = (n[0] & 0x80) != 0 && (n[len - 1] & 1) != 0 && (exponent & 1) != 0 && exponent != 1;
    return right ? ST_OK : ST_ERR_INPUT;
}

enum st_status st_rsa_check_public(const st_rsa_public_key *key) {
    if (key == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (key->bits < MIN_BITS || key->bits > MAX_PUBLIC_BITS || key->bits % 8 != 0) {
        return ST_ERR_KEY_LEN;
    }
    return check_numbers(key->n, key->bits / 8, key->e);
}

enum st_status st_rsa_check_shape(const st_rsa_key *key) {
    if (key == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (key->bits != MIN_BITS && key->bits != MAX_PRIVATE_BITS) {
        return ST_ERR_KEY_LEN;
    }
    return check_numbers(key->n, key->bits / 8, key->e);
}

enum st_status st_rsa_check(const st_rsa_key *key) {
    enum st_status status = st_rsa_check_shape(key);
    if (status != ST_OK) {
        return status;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    lib->ERR_set_mark();
    RSA *rsa = st_rsa_load_private(lib, key);
    if (rsa == NULL) {
        status = ST_ERR_MEMORY;
    } else if (lib->RSA_check_key(rsa) != 1) {
        status = ST_ERR_INPUT;
    }
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    return status;
}

/* A signature made with the private half must hold under the public one. */
static enum st_status check_pair(const st_rsa_key *key) {
    static const uint8_t message[] = "pairwise check of a new key";
    uint8_t block[ST_RSA_PRIVATE_MAX_LEN];
    size_t len = key->bits / 8;
    st_rsa_public_key public_key;
    st_rsa_public(&public_key, key);
    enum st_status status = st_rsa_pad_signature(block, len, message, sizeof message);
    if (status == ST_OK) {
        status = st_rsa_raw_private(key, block, block, len);
    }
    if (status == ST_OK) {
        status = st_rsa_verify(&public_key, message, sizeof message, block, len);
    }
    return status == ST_OK ? ST_OK : ST_ERR_FAILED;
}

enum st_status st_rsa_generate(st_rsa_key *key, uint32_t bits) {
    static const uint8_t f4[ST_RSA_EXPONENT_LEN] = {0x00, 0x01, 0x00, 0x01};
    if (key == NULL) {
        return ST_ERR_ARGUMENT;
    }
    zero_bytes(key, sizeof *key);
    if (bits != MIN_BITS && bits != MAX_PRIVATE_BITS) {
        return ST_ERR_KEY_LEN;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    lib->ERR_set_mark();
    RSA *rsa = lib->RSA_new();
    BIGNUM *e = number(lib, f4, sizeof f4);
    enum st_status status = ST_ERR_MEMORY;
    if (rsa != NULL && e != NULL) {
        status = lib->RSA_generate_key_ex(rsa, (int)bits, e, NULL) == 1 ? store(lib, key, rsa) : ST_ERR_FAILED;
    }
    lib->BN_clear_free(e);
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    if (status == ST_OK) {
        status = check_pair(key);
    }
    if (status != ST_OK) {
        gmpki_cleanse(key, sizeof *key);
    }
    return status;
}

enum st_status st_rsa_decode(st_rsa_key *key, size_t *used, const uint8_t *der, size_t der_len) {
    if (key == NULL || used == NULL || (der == NULL && der_len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    zero_bytes(key, sizeof *key);
    *used = 0;
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    if (der_len == 0 || der_len > LONG_MAX) {
        return ST_ERR_INPUT;
    }
    lib->ERR_set_mark();
    const unsigned char *position = der;
    RSA *rsa = lib->d2i_RSAPrivateKey(NULL, &position, (long)der_len);
    enum st_status status = rsa == NULL ? ST_ERR_INPUT : store(lib, key, rsa);
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    if (status == ST_OK) {
        status = st_rsa_check(key);
    }
    if (status == ST_OK) {
        *used = (size_t)(position - der);
    } else {
        gmpki_cleanse(key, sizeof *key);
    }
    return status;
}

enum st_status st_rsa_encode(const st_rsa_key *key, uint8_t *out, size_t *out_len) {
    enum st_status status = out_len == NULL ? ST_ERR_ARGUMENT : st_rsa_check_shape(key);
    if (status != ST_OK) {
        return status;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    RSA *rsa = st_rsa_load_private(lib, key);
    int needed = rsa == NULL ? 0 : lib->i2d_RSAPrivateKey(rsa, NULL);
    if (needed <= 0) {
        status = ST_ERR_MEMORY;
    } else {
        size_t room = *out_len;
        *out_len = (size_t)needed;
        if (out != NULL && room < *out_len) {
            status = ST_ERR_BUFFER;
        } else if (out != NULL && lib->i2d_RSAPrivateKey(rsa, &out) != needed) {
            status = ST_ERR_MEMORY;
        }
    }
    lib->RSA_free(rsa);
    return status;
}
