/* The mechanisms of the PKCS#11 module: the one table, and the numbers other products know them by. */
#ifndef GMPKI_SOFTTOKEN_P11_MECHANISM_H
#define GMPKI_SOFTTOKEN_P11_MECHANISM_H

#include "gmpki/pkcs11.h"
#include "softtoken/crypto.h"

/* How a mechanism works: which function runs it. */
enum st_p11_family {
    ST_P11_GENERATE_RSA,
    ST_P11_GENERATE_SM2,
    ST_P11_GENERATE_SECRET,
    ST_P11_RSA_PKCS,   /* PKCS#1 v1.5: data as it is */
    ST_P11_RSA_RAW,    /* no padding */
    ST_P11_RSA_HASHED, /* PKCS#1 v1.5 over a digest */
    ST_P11_RSA_PSS,    /* PSS over a digest that the caller made */
    ST_P11_RSA_PSS_HASHED,
    ST_P11_RSA_OAEP,
    ST_P11_SM2,        /* e as it is */
    ST_P11_SM2_HASHED, /* with ZA */
    ST_P11_SM2_ENCRYPT,
    ST_P11_SM2_EXCHANGE,
    ST_P11_SM2_ENVELOPED,
    ST_P11_SM2_ECDH,
    ST_P11_PLAIN_DIGEST,
    ST_P11_HMAC,
    ST_P11_HMAC_CUT, /* with the length as parameter */
    ST_P11_CIPHER,
    ST_P11_CBC_MAC
};

typedef struct st_p11_mechanism {
    CK_MECHANISM_TYPE type;
    CK_KEY_TYPE key_type;        /* ST_P11_NO_KEY for digests */
    uint16_t min_size, max_size; /* as C_GetMechanismInfo tells them: RSA and SM2 in bits, others in bytes */
    CK_FLAGS flags;
    uint8_t family;    /* enum st_p11_family */
    uint8_t algorithm; /* enum st_digest_algorithm or st_cipher_algorithm */
    uint8_t mode;      /* enum st_cipher_mode; the feedback of 8 bits stands beside it */
    uint8_t variant;   /* of ciphers: padding (enum st_padding), or 8 bits of feedback; of SM2: 1 for DER */
} st_p11_mechanism;

#define ST_P11_NO_KEY ((CK_KEY_TYPE) - 1)
enum { ST_P11_FEEDBACK_8 = 8 };

/*
 * The mechanism of a number, of ours or of a product's whose numbers are switched on. NULL for one that this module
 * does not have, or cannot run because libcrypto is absent.
 */
const st_p11_mechanism *st_p11_mechanism_of(CK_MECHANISM_TYPE type);

/* The index-th number to list; 0 behind the last. */
int st_p11_mechanism_at(size_t index, CK_MECHANISM_TYPE *type);

/* ---- aliases (p11_alias.c) --------------------------------------------------------------- */

/*
 * GMPKI_P11_ALIASES in the environment names products whose numbers are understood too, with commas:
 * haitai, westone, swpkcs11, ibm-ep11, smw. Where two of them gave one number two meanings the first named decides.
 */
CK_MECHANISM_TYPE st_p11_unalias_mechanism(CK_MECHANISM_TYPE type);
CK_KEY_TYPE st_p11_unalias_key_type(CK_KEY_TYPE type);
/* The index-th alias that is switched on; 0 behind the last. */
int st_p11_alias_at(size_t index, CK_MECHANISM_TYPE *type);

#endif /* GMPKI_SOFTTOKEN_P11_MECHANISM_H */
