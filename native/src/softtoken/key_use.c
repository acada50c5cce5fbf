/* What the private keys of containers do. */
#include "common/bytes.h"
#include "softtoken/keys.h"

/* ---- SM2 -------------------------------------------------------------------------------- */

enum st_status st_key_sm2_sign(st_device *device, uint32_t application, uint32_t container, int usage,
                               const uint8_t digest[32], uint8_t signature[64]) {
    st_key_name name = {device, application, container, usage};
    gmpki_sm2_private_key key;
    if (digest == NULL || signature == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_take_sm2(&name, &key);
    if (status == ST_OK) {
        status = st_of_core(gmpki_sm2_sign_digest(&key, signature, digest, GMPKI_SM2_SIGN_VERIFY));
        gmpki_sm2_private_key_clear(&key);
    }
    return status;
}

enum st_status st_key_sm2_decrypt(st_device *device, uint32_t application, uint32_t container, int usage,
                                  const uint8_t *ciphertext, size_t ciphertext_len, uint8_t *plaintext, size_t *len) {
    enum { OVERHEAD = GMPKI_SM2_POINT_LEN + GMPKI_SM2_C3_LEN };
    st_key_name name = {device, application, container, usage};
    gmpki_sm2_private_key key;
    if (ciphertext == NULL || len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_take_sm2(&name, &key);
    if (status != ST_OK) {
        return status;
    }
    size_t room = *len;
    status = ciphertext_len <= OVERHEAD ? ST_ERR_DECRYPT : st_room(plaintext, len, ciphertext_len - OVERHEAD);
    if (status == ST_OK && plaintext != NULL) {
        status = st_of_core(
            gmpki_sm2_decrypt(&key, plaintext, room, len, ciphertext, ciphertext_len, GMPKI_SM2_C1C3C2_BARE));
    }
    gmpki_sm2_private_key_clear(&key);
    return status;
}

/* A peer's key with its Z (GB/T 32918.2-2016 5.5). */
static enum st_status load_peer(gmpki_sm2_public_key *key, uint8_t za[GMPKI_SM3_DIGEST_LEN], const uint8_t point[64],
                                const uint8_t *id, size_t id_len) {
    int status = gmpki_sm2_public_key_load(key, point, GMPKI_SM2_POINT_LEN);
    if (status == GMPKI_OK) {
        status = gmpki_sm2_za(za, key, id, id_len);
    }
    return st_of_core(status);
}

enum st_status st_key_sm2_exchange(st_device *device, uint32_t application, uint32_t container, int usage, int role,
                                   const uint8_t ephemeral[32], const uint8_t *own_id, size_t own_id_len,
                                   const uint8_t peer[64], const uint8_t peer_ephemeral[64], const uint8_t *peer_id,
                                   size_t peer_id_len, uint8_t *key, size_t key_len) {
    st_key_name name = {device, application, container, usage};
    gmpki_sm2_private_key own, own_ephemeral;
    gmpki_sm2_public_key own_public, peer_key, peer_ephemeral_key;
    uint8_t za[GMPKI_SM3_DIGEST_LEN], peer_za[GMPKI_SM3_DIGEST_LEN];
    uint8_t confirmations[2][GMPKI_SM3_DIGEST_LEN];
    if (ephemeral == NULL || peer == NULL || peer_ephemeral == NULL || key == NULL || key_len == 0 ||
        (own_id == NULL && own_id_len != 0) || (peer_id == NULL && peer_id_len != 0) ||
        (role != GMPKI_SM2_INITIATOR && role != GMPKI_SM2_RESPONDER)) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = load_peer(&peer_key, peer_za, peer, peer_id, peer_id_len);
    if (status == ST_OK) {
        status = st_of_core(gmpki_sm2_public_key_load(&peer_ephemeral_key, peer_ephemeral, GMPKI_SM2_POINT_LEN));
    }
    if (status == ST_OK) {
        status = st_take_sm2(&name, &own);
    }
    if (status != ST_OK) {
        return status;
    }
    int core = gmpki_sm2_private_key_load(&own_ephemeral, ephemeral);
    if (core == GMPKI_OK) {
        core = gmpki_sm2_private_key_public(&own, &own_public);
    }
    if (core == GMPKI_OK) {
        core = gmpki_sm2_za(za, &own_public, own_id, own_id_len);
    }
    if (core == GMPKI_OK) {
        core = gmpki_sm2_exchange(&own, key, key_len, confirmations[0], confirmations[1], role, &own_ephemeral, za,
                                  &peer_key, &peer_ephemeral_key, peer_za);
    }
    gmpki_sm2_private_key_clear(&own);
    gmpki_sm2_private_key_clear(&own_ephemeral);
    gmpki_cleanse(confirmations, sizeof confirmations);
    return st_of_core(core);
}

enum st_status st_key_sm2_ecdh(st_device *device, uint32_t application, uint32_t container, int usage,
                               const uint8_t peer[64], uint8_t shared[64]) {
    st_key_name name = {device, application, container, usage};
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key peer_key;
    if (peer == NULL || shared == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_of_core(gmpki_sm2_public_key_load(&peer_key, peer, GMPKI_SM2_POINT_LEN));
    if (status == ST_OK) {
        status = st_take_sm2(&name, &key);
    }
    if (status == ST_OK) {
        status = st_of_core(gmpki_sm2_ecdh(&key, shared, &peer_key));
        gmpki_sm2_private_key_clear(&key);
    }
    return status;
}

/* ---- RSA -------------------------------------------------------------------------------- */

enum st_status st_key_rsa_private(st_device *device, uint32_t application, uint32_t container, int usage,
                                  const uint8_t *in, size_t in_len, uint8_t *out) {
    st_key_name name = {device, application, container, usage};
    st_rsa_key key;
    enum st_status status = in == NULL || out == NULL ? ST_ERR_ARGUMENT : st_take_rsa(&name, &key);
    if (status == ST_OK) {
        status = st_rsa_raw_private(&key, out, in, in_len);
        gmpki_cleanse(&key, sizeof key);
    }
    return status;
}

/* Pad data for a key and sign it. */
static enum st_status sign_padded(const st_rsa_key *key, uint8_t *out, const uint8_t *data, size_t len) {
    uint8_t block[ST_RSA_PRIVATE_MAX_LEN];
    enum st_status status = st_rsa_pad_signature(block, key->bits / 8, data, len);
    return status == ST_OK ? st_rsa_raw_private(key, out, block, key->bits / 8) : status;
}

enum st_status st_key_rsa_sign(st_device *device, uint32_t application, uint32_t container, int usage, uint8_t *out,
                               size_t *out_len, const uint8_t *data, size_t len) {
    st_key_name name = {device, application, container, usage};
    st_rsa_key key;
    enum st_status status = out_len == NULL || (data == NULL && len != 0) ? ST_ERR_ARGUMENT : st_take_rsa(&name, &key);
    if (status != ST_OK) {
        return status;
    }
    status = st_room(out, out_len, key.bits / 8);
    if (status == ST_OK && out != NULL) {
        status = sign_padded(&key, out, data, len);
    }
    gmpki_cleanse(&key, sizeof key);
    return status;
}

enum st_status st_key_rsa_decrypt(st_device *device, uint32_t application, uint32_t container, int usage, uint8_t *out,
                                  size_t *out_len, const uint8_t *data, size_t len) {
    st_key_name name = {device, application, container, usage};
    st_rsa_key key;
    uint8_t block[ST_RSA_PRIVATE_MAX_LEN];
    enum st_status status = out_len == NULL || data == NULL ? ST_ERR_ARGUMENT : st_take_rsa(&name, &key);
    if (status != ST_OK) {
        return status;
    }
    status = st_rsa_raw_private(&key, block, data, len);
    if (status == ST_OK) {
        status = st_rsa_unpad(block, key.bits / 8, out, out_len);
    }
    gmpki_cleanse(&key, sizeof key);
    gmpki_cleanse(block, sizeof block);
    return status;
}
