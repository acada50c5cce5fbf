/*
 * Card commands of SM2. ECCSignData takes e (P1 02) and answers a length and r, s, of which one program reads 4 and 64
 * bytes; here the length is of a number in bits, as before a public key (C). GenECCKeyPair takes the bits (4 bytes) and
 * answers as ExportPublicKey; ECCVerify takes x, y, e, r, s; ExtECCEncrypt x, y and a message and answers x, y, C3, C2;
 * ImportECCKeyPair takes the number of the cipher (4 bytes), the 64 bytes of the encrypted private key, x, y, and the
 * cipher's key encrypted to the signing key: x, y, C3, C2 (ours, after SKF's ENVELOPEDKEYBLOB).
 */
#include <string.h>

#include "softtoken/apdu_session.h"
#include "softtoken/skf_blobs.h"

enum { BITS = 256, DIGEST_LEN = 32, SIGN_DIGEST = 2, ENCRYPTED_FIELD_LEN = 64 };

enum st_status st_apdu_sm2_generate(st_apdu_session *session, st_apdu_command *command) {
    st_public_key key;
    uint32_t bits = 0;
    enum st_status status = st_apdu_take_number(&command->data, 4, &bits);
    status = status == ST_OK ? st_apdu_at_end(&command->data) : status;
    if (status == ST_OK && bits != BITS) {
        status = ST_ERR_KEY_LEN;
    }
    if (status == ST_OK) {
        status = st_key_generate_sm2(session->device, command->application, command->container, ST_SIGNING, &key);
    }
    return status == ST_OK ? st_apdu_put_key(session, &key) : status;
}

/* Into the blob that SKF takes. key is the cipher's key, encrypted. */
static enum st_status read_envelope(ENVELOPEDKEYBLOB *blob, size_t blob_size, st_apdu_fields *fields) {
    const uint8_t *field = NULL;
    const uint8_t *point = NULL;
    const uint8_t *key = NULL;
    uint32_t algorithm = 0;
    enum st_status status = st_apdu_take_number(fields, 4, &algorithm);
    status = status == ST_OK ? st_apdu_take(fields, &field, ENCRYPTED_FIELD_LEN) : status;
    status = status == ST_OK ? st_apdu_take(fields, &point, GMPKI_SM2_POINT_LEN) : status;
    status = status == ST_OK ? st_apdu_take(fields, &key, ST_SKF_CIPHER_OVERHEAD) : status;
    size_t room = blob_size - sizeof *blob + sizeof blob->ECCCipherBlob.Cipher;
    if (status == ST_OK && (fields->left == 0 || fields->left > room)) {
        status = ST_ERR_INPUT_LEN;
    }
    if (status != ST_OK) {
        return status;
    }
    memset(blob, 0, blob_size);
    blob->Version = SKF_ENVELOPED_KEY_VERSION;
    blob->ulSymmAlgID = algorithm;
    blob->ulBits = BITS;
    memcpy(blob->cbEncryptedPriKey, field, ENCRYPTED_FIELD_LEN);
    st_skf_point_write(&blob->PubKey, point);
    memcpy(blob->ECCCipherBlob.XCoordinate + 32, key, 32);
    memcpy(blob->ECCCipherBlob.YCoordinate + 32, key + 32, 32);
    memcpy(blob->ECCCipherBlob.HASH, key + 64, 32);
    blob->ECCCipherBlob.CipherLen = (ULONG)fields->left;
    memcpy(blob->ECCCipherBlob.Cipher, fields->at, fields->left);
    return ST_OK;
}

enum st_status st_apdu_sm2_import(st_apdu_session *session, st_apdu_command *command) {
    union {
        ENVELOPEDKEYBLOB blob;
        uint8_t bytes[sizeof(ENVELOPEDKEYBLOB) + ST_MAX_CIPHER_KEY_LEN];
    } envelope;
    enum st_status status = read_envelope(&envelope.blob, sizeof envelope, &command->data);
    return status == ST_OK
               ? st_skf_envelope_import(session->device, command->application, command->container, &envelope.blob)
               : status;
}

enum st_status st_apdu_sm2_sign(st_apdu_session *session, st_apdu_command *command) {
    const uint8_t *digest = NULL;
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    if (command->p1 != SIGN_DIGEST) { /* what the other values ask to be hashed, and how, is not known */
        return ST_ERR_NOT_SUPPORTED;
    }
    enum st_status status = st_apdu_take(&command->data, &digest, DIGEST_LEN);
    status = status == ST_OK ? st_apdu_at_end(&command->data) : status;
    if (status == ST_OK) {
        status =
            st_key_sm2_sign(session->device, command->application, command->container, ST_SIGNING, digest, signature);
    }
    status = status == ST_OK ? st_apdu_put_number(session, 4, BITS) : status;
    return status == ST_OK ? st_apdu_put(session, signature, sizeof signature) : status;
}

enum st_status st_apdu_sm2_verify(st_apdu_session *session, st_apdu_command *command) {
    const uint8_t *point = NULL;
    const uint8_t *digest = NULL;
    const uint8_t *signature = NULL;
    gmpki_sm2_public_key key;
    (void)session;
    enum st_status status = st_apdu_take(&command->data, &point, GMPKI_SM2_POINT_LEN);
    status = status == ST_OK ? st_apdu_take(&command->data, &digest, DIGEST_LEN) : status;
    status = status == ST_OK ? st_apdu_take(&command->data, &signature, GMPKI_SM2_SIGNATURE_LEN) : status;
    status = status == ST_OK ? st_apdu_at_end(&command->data) : status;
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_public_key_load(&key, point, GMPKI_SM2_POINT_LEN));
    }
    return status == ST_OK ? st_skf_from_core(gmpki_sm2_verify_digest(&key, signature, digest)) : status;
}

enum st_status st_apdu_sm2_encrypt(st_apdu_session *session, st_apdu_command *command) {
    const uint8_t *point = NULL;
    gmpki_sm2_public_key key;
    enum st_status status = st_apdu_take(&command->data, &point, GMPKI_SM2_POINT_LEN);
    if (status == ST_OK && (command->data.left == 0 || command->data.left > ST_SKF_MAX_ECC_PLAINTEXT)) {
        status = ST_ERR_INPUT_LEN;
    }
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_public_key_load(&key, point, GMPKI_SM2_POINT_LEN));
    }
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_encrypt(&key, session->answer, sizeof session->answer, &session->answer_len,
                                                    command->data.at, command->data.left, GMPKI_SM2_C1C3C2_BARE));
    }
    return status;
}
