/*
 * The pairs of containers: made, imported, deleted, shown, and taken out for one operation.
 *
 * A private key is sealed as: SM2: d, 32 bytes; RSA: d, p, q, dp, dq, qinv, each at its full length (bits / 8, and bits
 * / 16 for the others). What else a key needs stands in its public half.
 */
#include "softtoken/keys.h"

#include "common/bytes.h"

enum { SM2_BITS = 256 };

enum st_status st_of_core(int status) {
    switch (status) {
    case GMPKI_OK:
        return ST_OK;
    case GMPKI_ERR_LENGTH:
        return ST_ERR_INPUT_LEN;
    case GMPKI_ERR_POINT:
    case GMPKI_ERR_SCALAR:
    case GMPKI_ERR_ENCODING:
        return ST_ERR_INPUT;
    case GMPKI_ERR_BUFFER:
        return ST_ERR_BUFFER;
    case GMPKI_ERR_DECRYPT:
        return ST_ERR_DECRYPT;
    case GMPKI_ERR_SIGNATURE:
        return ST_ERR_SIGNATURE;
    case GMPKI_ERR_RANDOM:
        return ST_ERR_RANDOM;
    default:
        return ST_ERR_FAILED;
    }
}

/* ---- encodings -------------------------------------------------------------------------- */

/* Copy the private numbers of an RSA key between the key and their encoding, whose length is returned. */
static size_t rsa_numbers(st_rsa_key *key, uint8_t *encoded, int decode) {
    size_t half = key->bits / 16, at = 0;
    struct {
        uint8_t *number;
        size_t len;
    } numbers[] = {{key->d, 2 * half}, {key->p, half},  {key->q, half},
                   {key->dp, half},    {key->dq, half}, {key->qinv, half}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (decode) {
            memcpy(numbers[i].number, encoded + at, numbers[i].len);
        } else {
            memcpy(encoded + at, numbers[i].number, numbers[i].len);
        }
        at += numbers[i].len;
    }
    return at;
}

static size_t rsa_numbers_len(uint32_t bits) {
    return (size_t)bits / 8 + 5 * ((size_t)bits / 16);
}

static st_place key_place(const st_device *device, const st_inside_container *inside) {
    return (st_place){device->serial, inside->application->id, inside->container->id,
                      inside->usage == ST_SIGNING ? ST_SEALED_SIGNING_KEY : ST_SEALED_ENCRYPTION_KEY};
}

/* ---- putting a pair in ------------------------------------------------------------------ */

typedef struct new_pair {
    int kind;
    uint32_t bits;
    const uint8_t *public_key;
    size_t public_len;
    const uint8_t *private_key;
    size_t private_len;
} new_pair;

static enum st_status put_pair(st_device *device, uint32_t application, uint32_t container, int usage,
                               const new_pair *made) {
    st_inside_container inside;
    enum st_status status = st_enter_pair(device, ST_CHANGING, application, container, usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    status = st_may(ST_DO_MAKE_KEY, inside.who);
    if (status == ST_OK) {
        st_place place = key_place(device, &inside);
        st_model_clear_pair(inside.pair);
        inside.pair->kind = made->kind;
        inside.pair->bits = made->bits;
        status = st_seal_bytes(&inside.pair->private_key, st_login_of(device, application)->user_key, &place,
                               made->private_key, made->private_len);
    }
    if (status == ST_OK) {
        status = st_bytes_set(&inside.pair->public_key, made->public_key, made->public_len);
    }
    return st_leave(device, status);
}

/* Whether put_pair would be let, asked before a key is made that costs time. */
static enum st_status may_put(st_device *device, uint32_t application, uint32_t container, int usage) {
    st_inside_container inside;
    enum st_status status = st_enter_pair(device, ST_LOOKING, application, container, usage, &inside);
    return status == ST_OK ? st_leave(device, st_may(ST_DO_MAKE_KEY, inside.who)) : status;
}

static enum st_status put_sm2(st_device *device, uint32_t application, uint32_t container, int usage,
                              const gmpki_sm2_private_key *key, const uint8_t point[64]) {
    uint8_t d[GMPKI_SM2_SCALAR_LEN];
    new_pair made = {ST_SM2, SM2_BITS, point, GMPKI_SM2_POINT_LEN, d, sizeof d};
    enum st_status status = st_of_core(gmpki_sm2_private_key_store(key, d));
    if (status == ST_OK) {
        status = put_pair(device, application, container, usage, &made);
    }
    gmpki_cleanse(d, sizeof d);
    return status;
}

static enum st_status sm2_point(const gmpki_sm2_private_key *key, uint8_t point[64]) {
    gmpki_sm2_public_key public_key;
    int status = gmpki_sm2_private_key_public(key, &public_key);
    if (status == GMPKI_OK) {
        status = gmpki_sm2_public_key_store(&public_key, point, GMPKI_SM2_POINT_LEN);
    }
    return st_of_core(status);
}

enum st_status st_key_generate_sm2(st_device *device, uint32_t application, uint32_t container, int usage,
                                   st_public_key *key) {
    gmpki_sm2_private_key private_key;
    uint8_t point[GMPKI_SM2_POINT_LEN];
    enum st_status status = key == NULL ? ST_ERR_ARGUMENT : may_put(device, application, container, usage);
    if (status != ST_OK) {
        return status;
    }
    status = st_of_core(gmpki_sm2_generate(&private_key));
    if (status == ST_OK) {
        status = sm2_point(&private_key, point);
    }
    if (status == ST_OK) {
        status = put_sm2(device, application, container, usage, &private_key, point);
    }
    gmpki_sm2_private_key_clear(&private_key);
    if (status == ST_OK) {
        memset(key, 0, sizeof *key);
        key->kind = ST_SM2;
        memcpy(key->point, point, sizeof point);
    }
    return status;
}

enum st_status st_key_import_sm2(st_device *device, uint32_t application, uint32_t container, int usage,
                                 const uint8_t d[32], const uint8_t *point) {
    gmpki_sm2_private_key private_key;
    uint8_t computed[GMPKI_SM2_POINT_LEN];
    enum st_status status = d == NULL ? ST_ERR_ARGUMENT : may_put(device, application, container, usage);
    if (status != ST_OK) {
        return status;
    }
    status = st_of_core(gmpki_sm2_private_key_load(&private_key, d));
    if (status == ST_OK) {
        status = sm2_point(&private_key, computed);
    }
    if (status == ST_OK && point != NULL && memcmp(computed, point, sizeof computed) != 0) {
        status = ST_ERR_INPUT;
    }
    if (status == ST_OK) {
        status = put_sm2(device, application, container, usage, &private_key, computed);
    }
    gmpki_sm2_private_key_clear(&private_key);
    return status;
}

static enum st_status put_rsa(st_device *device, uint32_t application, uint32_t container, int usage,
                              const st_rsa_key *key) {
    uint8_t public_key[ST_RSA_PRIVATE_MAX_LEN + ST_RSA_EXPONENT_LEN], private_key[ST_PRIVATE_KEY_MAX];
    size_t n_len = key->bits / 8;
    st_rsa_key copy = *key;
    memcpy(public_key, key->n, n_len);
    memcpy(public_key + n_len, key->e, ST_RSA_EXPONENT_LEN);
    new_pair made = {
        ST_RSA, key->bits, public_key, n_len + ST_RSA_EXPONENT_LEN, private_key, rsa_numbers(&copy, private_key, 0)};
    enum st_status status = put_pair(device, application, container, usage, &made);
    gmpki_cleanse(private_key, sizeof private_key);
    gmpki_cleanse(&copy, sizeof copy);
    return status;
}

enum st_status st_key_generate_rsa(st_device *device, uint32_t application, uint32_t container, int usage,
                                   uint32_t bits, st_public_key *key) {
    st_rsa_key private_key;
    enum st_status status = key == NULL ? ST_ERR_ARGUMENT : may_put(device, application, container, usage);
    if (status != ST_OK) {
        return status;
    }
    status = st_rsa_generate(&private_key, bits);
    if (status == ST_OK) {
        status = put_rsa(device, application, container, usage, &private_key);
    }
    if (status == ST_OK) {
        memset(key, 0, sizeof *key);
        key->kind = ST_RSA;
        st_rsa_public(&key->rsa, &private_key);
    }
    gmpki_cleanse(&private_key, sizeof private_key);
    return status;
}

enum st_status st_key_import_rsa(st_device *device, uint32_t application, uint32_t container, int usage,
                                 const st_rsa_key *key) {
    enum st_status status = key == NULL ? ST_ERR_ARGUMENT : may_put(device, application, container, usage);
    if (status == ST_OK) {
        status = st_rsa_check(key);
    }
    return status == ST_OK ? put_rsa(device, application, container, usage, key) : status;
}

enum st_status st_key_delete(st_device *device, uint32_t application, uint32_t container, int usage) {
    st_inside_container inside;
    enum st_status status = st_enter_pair(device, ST_CHANGING, application, container, usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    status = st_may(ST_DO_DELETE_KEY, inside.who);
    if (status == ST_OK && inside.pair->kind == ST_NO_KEY) {
        status = ST_ERR_NO_KEY;
    }
    if (status == ST_OK) {
        st_model_clear_pair(inside.pair);
    }
    return st_leave(device, status);
}

/* ---- showing the public key ------------------------------------------------------------- */

static enum st_status show_public(st_public_key *key, const st_pair *pair) {
    memset(key, 0, sizeof *key);
    key->kind = pair->kind;
    if (pair->kind == ST_SM2 && pair->public_key.len == sizeof key->point) {
        memcpy(key->point, pair->public_key.data, sizeof key->point);
        return ST_OK;
    }
    size_t n_len = pair->bits / 8;
    if (pair->kind == ST_RSA && n_len <= sizeof key->rsa.n && pair->public_key.len == n_len + sizeof key->rsa.e) {
        key->rsa.bits = pair->bits;
        memcpy(key->rsa.n, pair->public_key.data, n_len);
        memcpy(key->rsa.e, pair->public_key.data + n_len, sizeof key->rsa.e);
        return ST_OK;
    }
    return pair->kind == ST_NO_KEY ? ST_ERR_NO_KEY : ST_ERR_DAMAGED;
}

enum st_status st_key_public(st_device *device, uint32_t application, uint32_t container, int usage,
                             st_public_key *key) {
    st_inside_container inside;
    if (key == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_pair(device, ST_LOOKING, application, container, usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    return st_leave(device, show_public(key, inside.pair));
}

/* ---- taking a private key out ----------------------------------------------------------- */

/* The plaintext of a private key, of exactly len bytes when len is not 0, and its public half. */
static enum st_status take(const st_key_name *name, int kind, st_public_key *public_key,
                           uint8_t private_key[ST_PRIVATE_KEY_MAX]) {
    st_inside_container inside;
    enum st_status status =
        st_enter_pair(name->device, ST_LOOKING, name->application, name->container, name->usage, &inside);
    if (status != ST_OK) {
        return status;
    }
    status = st_may(ST_DO_USE_KEY, inside.who);
    if (status == ST_OK) {
        status = show_public(public_key, inside.pair);
    }
    if (status == ST_OK && inside.pair->kind != kind) {
        status = ST_ERR_KEY_USAGE;
    }
    if (status == ST_OK) {
        const st_bytes *sealed = &inside.pair->private_key;
        size_t len = kind == ST_SM2 ? GMPKI_SM2_SCALAR_LEN : rsa_numbers_len(inside.pair->bits);
        st_place place = key_place(name->device, &inside);
        status = sealed->len != len + ST_SEAL_OVERHEAD || len > ST_PRIVATE_KEY_MAX
                     ? ST_ERR_DAMAGED
                     : st_unseal(private_key, st_login_of(name->device, name->application)->user_key, &place,
                                 sealed->data, sealed->len);
    }
    return st_leave(name->device, status);
}

enum st_status st_take_sm2(const st_key_name *name, gmpki_sm2_private_key *key) {
    st_public_key public_key;
    uint8_t d[ST_PRIVATE_KEY_MAX];
    enum st_status status = take(name, ST_SM2, &public_key, d);
    if (status == ST_OK) {
        status = st_of_core(gmpki_sm2_private_key_load(key, d));
        gmpki_cleanse(d, GMPKI_SM2_SCALAR_LEN);
    }
    return status;
}

enum st_status st_take_rsa(const st_key_name *name, st_rsa_key *key) {
    st_public_key public_key;
    uint8_t numbers[ST_PRIVATE_KEY_MAX];
    enum st_status status = take(name, ST_RSA, &public_key, numbers);
    if (status == ST_OK) {
        memset(key, 0, sizeof *key);
        key->bits = public_key.rsa.bits;
        memcpy(key->n, public_key.rsa.n, sizeof key->n);
        memcpy(key->e, public_key.rsa.e, sizeof key->e);
        rsa_numbers(key, numbers, 1);
        gmpki_cleanse(numbers, sizeof numbers);
    }
    return status;
}
