/* SKF's key structures from and to fixed-width bytes. */
#include <string.h>

#include "common/bytes.h"
#include "gmpki/sm2.h"
#include "softtoken/skf_blobs.h"

enum { SM2_BITS = 256, NUMBER_LEN = 32, FIELD_LEN = 64 };

enum st_status st_skf_from_core(int core_status) {
    switch (core_status) {
    case GMPKI_OK:
        return ST_OK;
    case GMPKI_ERR_ARGUMENT:
        return ST_ERR_ARGUMENT;
    case GMPKI_ERR_LENGTH:
        return ST_ERR_INPUT_LEN;
    case GMPKI_ERR_POINT:
    case GMPKI_ERR_SCALAR:
        return ST_ERR_INPUT;
    case GMPKI_ERR_BUFFER:
        return ST_ERR_BUFFER;
    case GMPKI_ERR_SIGNATURE:
        return ST_ERR_SIGNATURE;
    case GMPKI_ERR_DECRYPT:
        return ST_ERR_DECRYPT;
    case GMPKI_ERR_RANDOM:
        return ST_ERR_RANDOM;
    default:
        return ST_ERR_FAILED;
    }
}

/* ---- SM2 ------------------------------------------------------------------------------- */

static int all_zero(const uint8_t *data, size_t len) {
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= data[i];
    }
    return any == 0;
}

/* A number right-aligned in its field: the half before it must be zero. Of a secret only that half decides. */
static enum st_status number_read(uint8_t number[NUMBER_LEN], const BYTE field[FIELD_LEN]) {
    if (!all_zero(field, FIELD_LEN - NUMBER_LEN)) {
        return ST_ERR_INPUT;
    }
    memcpy(number, field + FIELD_LEN - NUMBER_LEN, NUMBER_LEN);
    return ST_OK;
}

static void number_write(BYTE field[FIELD_LEN], const uint8_t number[NUMBER_LEN]) {
    memset(field, 0, FIELD_LEN - NUMBER_LEN);
    memcpy(field + FIELD_LEN - NUMBER_LEN, number, NUMBER_LEN);
}

static enum st_status pair_read(uint8_t pair[2 * NUMBER_LEN], const BYTE first[FIELD_LEN],
                                const BYTE second[FIELD_LEN]) {
    enum st_status status = number_read(pair, first);
    return status == ST_OK ? number_read(pair + NUMBER_LEN, second) : status;
}

enum st_status st_skf_point_read(uint8_t point[64], const ECCPUBLICKEYBLOB *blob) {
    if (blob == NULL) {
        return ST_ERR_ARGUMENT;
    }
    return blob->BitLen == SM2_BITS ? pair_read(point, blob->XCoordinate, blob->YCoordinate) : ST_ERR_INPUT;
}

void st_skf_point_write(ECCPUBLICKEYBLOB *blob, const uint8_t point[64]) {
    blob->BitLen = SM2_BITS;
    number_write(blob->XCoordinate, point);
    number_write(blob->YCoordinate, point + NUMBER_LEN);
}

enum st_status st_skf_scalar_read(uint8_t d[32], const ECCPRIVATEKEYBLOB *blob) {
    if (blob == NULL) {
        return ST_ERR_ARGUMENT;
    }
    return blob->BitLen == SM2_BITS ? number_read(d, blob->PrivateKey) : ST_ERR_INPUT;
}

enum st_status st_skf_signature_read(uint8_t signature[64], const ECCSIGNATUREBLOB *blob) {
    return blob == NULL ? ST_ERR_ARGUMENT : pair_read(signature, blob->r, blob->s);
}

void st_skf_signature_write(ECCSIGNATUREBLOB *blob, const uint8_t signature[64]) {
    number_write(blob->r, signature);
    number_write(blob->s, signature + NUMBER_LEN);
}

enum st_status st_skf_cipher_read(uint8_t *out, size_t *out_len, const ECCCIPHERBLOB *blob) {
    if (blob == NULL) {
        return ST_ERR_ARGUMENT;
    }
    size_t len = blob->CipherLen;
    if (len == 0 || len > ST_SKF_MAX_ECC_PLAINTEXT) {
        return ST_ERR_INPUT_LEN;
    }
    enum st_status status = pair_read(out, blob->XCoordinate, blob->YCoordinate);
    if (status == ST_OK) {
        memcpy(out + 2 * NUMBER_LEN, blob->HASH, sizeof blob->HASH);
        /* C2 goes on behind the structure, so its address is reckoned from the structure's, not from the array's. */
        memcpy(out + ST_SKF_CIPHER_OVERHEAD, (const uint8_t *)blob + offsetof(ECCCIPHERBLOB, Cipher), len);
        *out_len = ST_SKF_CIPHER_OVERHEAD + len;
    }
    return status;
}

enum st_status st_skf_cipher_make(ECCCIPHERBLOB *blob, const ECCPUBLICKEYBLOB *recipient, const uint8_t *plaintext,
                                  size_t plaintext_len) {
    uint8_t point[2 * NUMBER_LEN];
    uint8_t out[ST_SKF_MAX_ECC_PLAINTEXT + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD];
    size_t out_len = 0;
    gmpki_sm2_public_key key;
    if (blob == NULL || (plaintext == NULL && plaintext_len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (plaintext_len == 0 || plaintext_len > ST_SKF_MAX_ECC_PLAINTEXT) {
        return ST_ERR_INPUT_LEN;
    }
    enum st_status status = st_skf_point_read(point, recipient);
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_public_key_load(&key, point, sizeof point));
    }
    if (status == ST_OK && blob->CipherLen != 0 && blob->CipherLen < plaintext_len) {
        blob->CipherLen = (ULONG)plaintext_len;
        status = ST_ERR_BUFFER;
    }
    if (status == ST_OK) {
        status = st_skf_from_core(
            gmpki_sm2_encrypt(&key, out, sizeof out, &out_len, plaintext, plaintext_len, GMPKI_SM2_C1C3C2_BARE));
    }
    if (status == ST_OK) {
        number_write(blob->XCoordinate, out);
        number_write(blob->YCoordinate, out + NUMBER_LEN);
        memcpy(blob->HASH, out + 2 * NUMBER_LEN, sizeof blob->HASH);
        blob->CipherLen = (ULONG)plaintext_len;
        memcpy((uint8_t *)blob + offsetof(ECCCIPHERBLOB, Cipher), out + ST_SKF_CIPHER_OVERHEAD, plaintext_len);
    }
    return status;
}

/* ---- RSA ------------------------------------------------------------------------------- */

/* A number of len bytes in a field: at its end, or else at its beginning. */
static void field_read(uint8_t *number, size_t len, const BYTE *field, size_t field_len) {
    size_t before = field_len - len;
    memcpy(number, all_zero(field, before) ? field + before : field, len);
}

static void field_write(BYTE *field, size_t field_len, const uint8_t *number, size_t len) {
    memset(field, 0, field_len - len);
    memcpy(field + field_len - len, number, len);
}

static int size_is_read(uint32_t bits) {
    return bits >= 1024 && bits <= MAX_RSA_MODULUS_LEN * 8 && bits % 16 == 0;
}

enum st_status st_skf_rsa_public_read(st_rsa_public_key *key, const RSAPUBLICKEYBLOB *blob) {
    if (blob == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (!size_is_read(blob->BitLen)) {
        return ST_ERR_KEY_LEN;
    }
    memset(key, 0, sizeof *key);
    key->bits = blob->BitLen;
    field_read(key->n, key->bits / 8, blob->Modulus, sizeof blob->Modulus);
    memcpy(key->e, blob->PublicExponent, sizeof key->e);
    return st_rsa_check_public(key);
}

void st_skf_rsa_public_write(RSAPUBLICKEYBLOB *blob, const st_rsa_public_key *key) {
    memset(blob, 0, sizeof *blob);
    blob->AlgID = SGD_RSA;
    blob->BitLen = key->bits;
    field_write(blob->Modulus, sizeof blob->Modulus, key->n, key->bits / 8);
    memcpy(blob->PublicExponent, key->e, sizeof key->e);
}

enum st_status st_skf_rsa_private_read(st_rsa_key *key, const RSAPRIVATEKEYBLOB *blob) {
    if (blob == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (!size_is_read(blob->BitLen)) {
        return ST_ERR_KEY_LEN;
    }
    size_t len = blob->BitLen / 8;
    size_t half = len / 2;
    memset(key, 0, sizeof *key);
    key->bits = blob->BitLen;
    field_read(key->n, len, blob->Modulus, sizeof blob->Modulus);
    memcpy(key->e, blob->PublicExponent, sizeof key->e);
    field_read(key->d, len, blob->PrivateExponent, sizeof blob->PrivateExponent);
    field_read(key->p, half, blob->Prime1, sizeof blob->Prime1);
    field_read(key->q, half, blob->Prime2, sizeof blob->Prime2);
    field_read(key->dp, half, blob->Prime1Exponent, sizeof blob->Prime1Exponent);
    field_read(key->dq, half, blob->Prime2Exponent, sizeof blob->Prime2Exponent);
    field_read(key->qinv, half, blob->Coefficient, sizeof blob->Coefficient);
    enum st_status status = st_rsa_check(key);
    if (status != ST_OK) {
        gmpki_cleanse(key, sizeof *key);
    }
    return status;
}

void st_skf_rsa_private_write(RSAPRIVATEKEYBLOB *blob, const st_rsa_key *key) {
    size_t len = key->bits / 8;
    size_t half = len / 2;
    memset(blob, 0, sizeof *blob);
    blob->AlgID = SGD_RSA;
    blob->BitLen = key->bits;
    field_write(blob->Modulus, sizeof blob->Modulus, key->n, len);
    memcpy(blob->PublicExponent, key->e, sizeof key->e);
    field_write(blob->PrivateExponent, sizeof blob->PrivateExponent, key->d, len);
    field_write(blob->Prime1, sizeof blob->Prime1, key->p, half);
    field_write(blob->Prime2, sizeof blob->Prime2, key->q, half);
    field_write(blob->Prime1Exponent, sizeof blob->Prime1Exponent, key->dp, half);
    field_write(blob->Prime2Exponent, sizeof blob->Prime2Exponent, key->dq, half);
    field_write(blob->Coefficient, sizeof blob->Coefficient, key->qinv, half);
}
