/* Keys behind objects: their values, and what a private key does wherever it is. */
#ifndef GMPKI_SOFTTOKEN_P11_KEY_H
#define GMPKI_SOFTTOKEN_P11_KEY_H

#include "gmpki/sm2.h"
#include "softtoken/p11_object.h"

/* The public key in the attributes of a public or private key. CKR_TEMPLATE_INCOMPLETE, CKR_ATTRIBUTE_VALUE_INVALID,
 * CKR_KEY_SIZE_RANGE. */
CK_RV st_p11_public_of(const st_p11_attributes *set, st_public_key *key);

/* The private key in the attributes of a template or of a session's object. The caller cleanses it. */
CK_RV st_p11_sm2_private_of(const st_p11_attributes *set, uint8_t d[GMPKI_SM2_SCALAR_LEN]);
CK_RV st_p11_rsa_private_of(const st_p11_attributes *set, st_rsa_key *key);

/* Write a private key into the attributes of a session's object. */
CK_RV st_p11_set_rsa_private(st_p11_attributes *set, const st_rsa_key *key);

/* A point as callers give it, 04 x y, bare or in an OCTET STRING. 0 when it is none. */
int st_p11_read_point(uint8_t point[GMPKI_SM2_POINT_LEN], const uint8_t *data, size_t len);

/* ---- what a private key does ------------------------------------------------------------- */

CK_RV st_p11_sm2_sign(const st_p11_slot *slot, const st_p11_object *object, const uint8_t digest[32],
                      uint8_t signature[GMPKI_SM2_SIGNATURE_LEN]);
/* ciphertext is GMPKI_SM2_C1C3C2_BARE; plaintext has room for ciphertext_len. */
CK_RV st_p11_sm2_decrypt(const st_p11_slot *slot, const st_p11_object *object, const uint8_t *ciphertext,
                         size_t ciphertext_len, uint8_t *plaintext, size_t *plaintext_len);
CK_RV st_p11_sm2_ecdh(const st_p11_slot *slot, const st_p11_object *object, const uint8_t peer[GMPKI_SM2_POINT_LEN],
                      uint8_t shared[GMPKI_SM2_POINT_LEN]);

typedef struct st_p11_exchange {
    int role;                 /* enum gmpki_sm2_role */
    const uint8_t *ephemeral; /* d of the own ephemeral pair */
    const uint8_t *own_id, *peer_id;
    size_t own_id_len, peer_id_len;
    uint8_t peer[GMPKI_SM2_POINT_LEN], peer_ephemeral[GMPKI_SM2_POINT_LEN];
} st_p11_exchange;

CK_RV st_p11_sm2_exchange(const st_p11_slot *slot, const st_p11_object *object, const st_p11_exchange *exchange,
                          uint8_t *key, size_t key_len);

/* The bare operation; in and out have the length of the modulus. */
CK_RV st_p11_rsa_private(const st_p11_slot *slot, const st_p11_object *object, const uint8_t *in, size_t len,
                         uint8_t *out);

#endif /* GMPKI_SOFTTOKEN_P11_KEY_H */
