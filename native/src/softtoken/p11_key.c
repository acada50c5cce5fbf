/* Keys behind objects. */
#include "softtoken/p11_key.h"

#include <string.h>

enum { EC_POINT_LEN = 67, UNCOMPRESSED_LEN = 65 };

/* ---- values in attributes ---------------------------------------------------------------- */

/* A number of at most len bytes, right-aligned into len bytes. */
static CK_RV read_number(const st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, uint8_t *number, size_t len) {
    const st_p11_attribute *item = st_p11_get(set, type);
    if (item == NULL) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    size_t skip = 0;
    while (skip < item->len && item->value[skip] == 0) {
        skip++;
    }
    if (item->len - skip > len) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    memset(number, 0, len);
    if (item->len > skip) {
        memcpy(number + len - (item->len - skip), item->value + skip, item->len - skip);
    }
    return CKR_OK;
}

int st_p11_read_point(uint8_t point[GMPKI_SM2_POINT_LEN], const uint8_t *data, size_t len) {
    static const uint8_t header[] = {0x04, 0x41};
    if (len == EC_POINT_LEN && memcmp(data, header, sizeof header) == 0) {
        data += sizeof header;
        len -= sizeof header;
    }
    if (len != UNCOMPRESSED_LEN || data[0] != 0x04) {
        return 0;
    }
    memcpy(point, data + 1, GMPKI_SM2_POINT_LEN);
    return 1;
}

static CK_RV rsa_public_of(const st_p11_attributes *set, st_rsa_public_key *key) {
    const st_p11_attribute *modulus = st_p11_get(set, CKA_MODULUS);
    if (modulus == NULL) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    size_t skip = 0;
    while (skip < modulus->len && modulus->value[skip] == 0) {
        skip++;
    }
    memset(key, 0, sizeof *key);
    if (modulus->len - skip > sizeof key->n) {
        return CKR_KEY_SIZE_RANGE;
    }
    key->bits = (uint32_t)(8 * (modulus->len - skip));
    CK_RV rv = read_number(set, CKA_MODULUS, key->n, modulus->len - skip);
    if (rv == CKR_OK) {
        rv = read_number(set, CKA_PUBLIC_EXPONENT, key->e, sizeof key->e);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    enum st_status status = st_rsa_check_public(key);
    return status == ST_ERR_INPUT ? CKR_ATTRIBUTE_VALUE_INVALID : st_p11_status(status);
}

CK_RV st_p11_public_of(const st_p11_attributes *set, st_public_key *key) {
    memset(key, 0, sizeof *key);
    CK_KEY_TYPE type = st_p11_ulong(set, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    if (type == CKK_RSA) {
        key->kind = ST_RSA;
        return rsa_public_of(set, &key->rsa);
    }
    gmpki_sm2_public_key checked;
    const st_p11_attribute *point = st_p11_get(set, CKA_EC_POINT);
    key->kind = ST_SM2;
    if (type != CKK_GMPKI_SM2) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (point == NULL) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    return st_p11_read_point(key->point, point->value, point->len) &&
                   gmpki_sm2_public_key_load(&checked, key->point, sizeof key->point) == GMPKI_OK
               ? CKR_OK
               : CKR_ATTRIBUTE_VALUE_INVALID;
}

CK_RV st_p11_sm2_private_of(const st_p11_attributes *set, uint8_t d[GMPKI_SM2_SCALAR_LEN]) {
    return read_number(set, CKA_VALUE, d, GMPKI_SM2_SCALAR_LEN);
}

/* The parts of a private key whose length is half that of the modulus. */
static const struct {
    CK_ATTRIBUTE_TYPE type;
    size_t offset;
} halves[] = {
    {CKA_PRIME_1, offsetof(st_rsa_key, p)},        {CKA_PRIME_2, offsetof(st_rsa_key, q)},
    {CKA_EXPONENT_1, offsetof(st_rsa_key, dp)},    {CKA_EXPONENT_2, offsetof(st_rsa_key, dq)},
    {CKA_COEFFICIENT, offsetof(st_rsa_key, qinv)},
};

CK_RV st_p11_rsa_private_of(const st_p11_attributes *set, st_rsa_key *key) {
    st_rsa_public_key public_key;
    memset(key, 0, sizeof *key);
    CK_RV rv = rsa_public_of(set, &public_key);
    if (rv != CKR_OK) {
        return rv;
    }
    if (public_key.bits > 8 * sizeof key->n) {
        return CKR_KEY_SIZE_RANGE;
    }
    key->bits = public_key.bits;
    memcpy(key->n, public_key.n, key->bits / 8);
    memcpy(key->e, public_key.e, sizeof key->e);
    rv = read_number(set, CKA_PRIVATE_EXPONENT, key->d, key->bits / 8);
    for (size_t i = 0; i < sizeof halves / sizeof halves[0] && rv == CKR_OK; i++) {
        rv = read_number(set, halves[i].type, (uint8_t *)key + halves[i].offset, key->bits / 16);
    }
    return rv;
}

CK_RV st_p11_set_rsa_private(st_p11_attributes *set, const st_rsa_key *key) {
    CK_RV rv = st_p11_set(set, CKA_PRIVATE_EXPONENT, key->d, key->bits / 8);
    for (size_t i = 0; i < sizeof halves / sizeof halves[0] && rv == CKR_OK; i++) {
        rv = st_p11_set(set, halves[i].type, (const uint8_t *)key + halves[i].offset, key->bits / 16);
    }
    return rv;
}

/* ---- SM2 --------------------------------------------------------------------------------- */

/* What the core answers, in the terms of PKCS#11. */
static CK_RV core_status(int status) {
    switch (status) {
    case GMPKI_OK:
        return CKR_OK;
    case GMPKI_ERR_BUFFER:
        return CKR_BUFFER_TOO_SMALL;
    case GMPKI_ERR_LENGTH:
        return CKR_DATA_LEN_RANGE;
    case GMPKI_ERR_POINT:
        return CKR_MECHANISM_PARAM_INVALID;
    case GMPKI_ERR_SCALAR:
        return CKR_ATTRIBUTE_VALUE_INVALID;
    case GMPKI_ERR_DECRYPT:
        return CKR_ENCRYPTED_DATA_INVALID;
    case GMPKI_ERR_RANDOM:
        return CKR_DEVICE_ERROR;
    default:
        return CKR_FUNCTION_FAILED;
    }
}

/* The private key of a session's object, ready for use. */
static CK_RV load_private(gmpki_sm2_private_key *key, const st_p11_object *object) {
    uint8_t d[GMPKI_SM2_SCALAR_LEN];
    CK_RV rv = st_p11_sm2_private_of(&object->attributes, d);
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_private_key_load(key, d));
    }
    gmpki_cleanse(d, sizeof d);
    return rv;
}

CK_RV st_p11_sm2_sign(const st_p11_slot *slot, const st_p11_object *object, const uint8_t digest[32],
                      uint8_t signature[GMPKI_SM2_SIGNATURE_LEN]) {
    if (object->origin == ST_P11_IN_CONTAINER) {
        return st_p11_status(
            st_key_sm2_sign(slot->device, slot->application, object->id, object->usage, digest, signature));
    }
    gmpki_sm2_private_key key;
    CK_RV rv = load_private(&key, object);
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_sign_digest(&key, signature, digest, GMPKI_SM2_SIGN_VERIFY));
    }
    gmpki_sm2_private_key_clear(&key);
    return rv;
}

CK_RV st_p11_sm2_decrypt(const st_p11_slot *slot, const st_p11_object *object, const uint8_t *ciphertext,
                         size_t ciphertext_len, uint8_t *plaintext, size_t *plaintext_len) {
    if (object->origin == ST_P11_IN_CONTAINER) {
        *plaintext_len = ciphertext_len;
        return st_p11_status(st_key_sm2_decrypt(slot->device, slot->application, object->id, object->usage, ciphertext,
                                                ciphertext_len, plaintext, plaintext_len));
    }
    gmpki_sm2_private_key key;
    CK_RV rv = load_private(&key, object);
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_decrypt(&key, plaintext, ciphertext_len, plaintext_len, ciphertext, ciphertext_len,
                                           GMPKI_SM2_C1C3C2_BARE));
    }
    gmpki_sm2_private_key_clear(&key);
    return rv;
}

CK_RV st_p11_sm2_ecdh(const st_p11_slot *slot, const st_p11_object *object, const uint8_t peer[GMPKI_SM2_POINT_LEN],
                      uint8_t shared[GMPKI_SM2_POINT_LEN]) {
    if (object->origin == ST_P11_IN_CONTAINER) {
        enum st_status status =
            st_key_sm2_ecdh(slot->device, slot->application, object->id, object->usage, peer, shared);
        return status == ST_ERR_INPUT ? CKR_MECHANISM_PARAM_INVALID : st_p11_status(status);
    }
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    CK_RV rv = load_private(&key, object);
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_public_key_load(&public_key, peer, GMPKI_SM2_POINT_LEN));
    }
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_ecdh(&key, shared, &public_key));
    }
    gmpki_sm2_private_key_clear(&key);
    return rv;
}

/* ZA of a point and an identity; also the loaded point. */
static CK_RV read_party(gmpki_sm2_public_key *key, uint8_t za[32], const uint8_t point[GMPKI_SM2_POINT_LEN],
                        const uint8_t *id, size_t id_len) {
    int status = gmpki_sm2_public_key_load(key, point, GMPKI_SM2_POINT_LEN);
    if (status == GMPKI_OK) {
        status = gmpki_sm2_za(za, key, id, id_len);
    }
    return status == GMPKI_ERR_LENGTH ? CKR_MECHANISM_PARAM_INVALID : core_status(status);
}

static CK_RV exchange_in_memory(const st_p11_object *object, const st_p11_exchange *exchange, uint8_t *out,
                                size_t out_len) {
    uint8_t za[32], peer_za[32], confirmations[2][32];
    gmpki_sm2_private_key key, ephemeral;
    gmpki_sm2_public_key own, peer, peer_ephemeral;
    CK_RV rv = load_private(&key, object);
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_private_key_load(&ephemeral, exchange->ephemeral));
    }
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_private_key_public(&key, &own));
    }
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_za(za, &own, exchange->own_id, exchange->own_id_len));
    }
    if (rv == CKR_OK) {
        rv = read_party(&peer, peer_za, exchange->peer, exchange->peer_id, exchange->peer_id_len);
    }
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_public_key_load(&peer_ephemeral, exchange->peer_ephemeral, GMPKI_SM2_POINT_LEN));
    }
    if (rv == CKR_OK) {
        rv = core_status(gmpki_sm2_exchange(&key, out, out_len, confirmations[0], confirmations[1], exchange->role,
                                            &ephemeral, za, &peer, &peer_ephemeral, peer_za));
    }
    gmpki_sm2_private_key_clear(&key);
    gmpki_sm2_private_key_clear(&ephemeral);
    return rv;
}

CK_RV st_p11_sm2_exchange(const st_p11_slot *slot, const st_p11_object *object, const st_p11_exchange *exchange,
                          uint8_t *key, size_t key_len) {
    if (object->origin != ST_P11_IN_CONTAINER) {
        return exchange_in_memory(object, exchange, key, key_len);
    }
    enum st_status status =
        st_key_sm2_exchange(slot->device, slot->application, object->id, object->usage, exchange->role,
                            exchange->ephemeral, exchange->own_id, exchange->own_id_len, exchange->peer,
                            exchange->peer_ephemeral, exchange->peer_id, exchange->peer_id_len, key, key_len);
    return status == ST_ERR_INPUT || status == ST_ERR_INPUT_LEN ? CKR_MECHANISM_PARAM_INVALID : st_p11_status(status);
}

/* ---- RSA --------------------------------------------------------------------------------- */

CK_RV st_p11_rsa_private(const st_p11_slot *slot, const st_p11_object *object, const uint8_t *in, size_t len,
                         uint8_t *out) {
    if (object->origin == ST_P11_IN_CONTAINER) {
        return st_p11_status(
            st_key_rsa_private(slot->device, slot->application, object->id, object->usage, in, len, out));
    }
    st_rsa_key key;
    CK_RV rv = st_p11_rsa_private_of(&object->attributes, &key);
    if (rv == CKR_OK) {
        rv = st_p11_status(st_rsa_raw_private(&key, out, in, len));
    }
    gmpki_cleanse(&key, sizeof key);
    return rv;
}
