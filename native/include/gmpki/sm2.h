/*
 * gmpki/sm2.h: SM2 on the curve sm2p256v1 (GB/T 32918.1-5, GB/T 35276-2017).
 *
 * Numbers and points are bytes, big endian and of fixed width: 32 for a number, 64 for a point
 * (x, then y). Leading zero bytes are kept.
 */
#ifndef GMPKI_SM2_H
#define GMPKI_SM2_H

#include "gmpki/sm3.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    GMPKI_SM2_SCALAR_LEN = 32,
    GMPKI_SM2_POINT_LEN = 64,              /* x, y */
    GMPKI_SM2_POINT_COMPRESSED_LEN = 33,   /* 02 or 03, x */
    GMPKI_SM2_POINT_UNCOMPRESSED_LEN = 65, /* 04, x, y */
    GMPKI_SM2_SIGNATURE_LEN = 64,          /* r, s */
    GMPKI_SM2_SIGNATURE_DER_MAX_LEN = 72,
    GMPKI_SM2_C3_LEN = 32,
    GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD = 128, /* any format is at most this much longer than the plaintext */
    GMPKI_SM2_MAX_USER_ID_LEN = 8191,        /* ENTL counts bits in two bytes */
    GMPKI_SM2_MAX_PLAINTEXT_LEN = 1 << 26
};

/* A private key ready for use, with what is computed from it once. Fields are private. */
typedef struct gmpki_sm2_private_key {
    uint64_t d[4];
    uint64_t inverse[4]; /* (1 + d)^-1 mod n */
    uint64_t x[4];       /* the public key, as in gmpki_sm2_public_key */
    uint64_t y[4];
    uint64_t ready;
} gmpki_sm2_private_key;

/* A public key: a point that was checked to be on the curve. Fields are private. */
typedef struct gmpki_sm2_public_key {
    uint64_t x[4];
    uint64_t y[4];
    uint64_t ready;
} gmpki_sm2_public_key;

/* Multiples of one public key, for verification with it. Fields are private. */
typedef struct gmpki_sm2_verify_table {
    uint64_t comb[11008];
    uint64_t ready;
} gmpki_sm2_verify_table;

/* ---- keys ------------------------------------------------------------------------------ */

/*
 * Make a key pair: d uniform in [1, n-2] from the system's random source, checked by a signature made and verified
 * (pairwise check). GB/T 32918.1-2016 6.1. CT: time does not depend on the key (candidates out of range are public).
 */
GMPKI_API int gmpki_sm2_generate(GMPKI_OUT gmpki_sm2_private_key *key);

/*
 * The same without the pairwise check, for ephemeral pairs, as key exchange uses them once: the point is still checked
 * to lie on the curve. A key that signs or is kept comes from gmpki_sm2_generate. CT: as gmpki_sm2_generate.
 */
GMPKI_API int gmpki_sm2_generate_unchecked(GMPKI_OUT gmpki_sm2_private_key *key);

enum gmpki_sm2_generate_flags {
    GMPKI_SM2_GENERATE_UNCHECKED = 1 /* ephemeral pairs, as gmpki_sm2_generate_unchecked makes them */
};

/*
 * Make count key pairs, several at a time where the processor has the means. flags is a sum of
 * gmpki_sm2_generate_flags. On failure all of them are zeroed. CT: as gmpki_sm2_generate.
 */
GMPKI_API int gmpki_sm2_generate_batch(GMPKI_OUT gmpki_sm2_private_key *keys, size_t count, unsigned flags);

/* Load a private key d. GMPKI_ERR_SCALAR unless 1 <= d <= n-2. CT: time depends only on whether d is in range. */
GMPKI_API int gmpki_sm2_private_key_load(GMPKI_OUT gmpki_sm2_private_key *key,
                                         GMPKI_SECRET const uint8_t d[GMPKI_SM2_SCALAR_LEN]);

/* Write d. CT: constant. */
GMPKI_API int gmpki_sm2_private_key_store(GMPKI_SECRET const gmpki_sm2_private_key *key,
                                          GMPKI_OUT uint8_t d[GMPKI_SM2_SCALAR_LEN]);

/* The public key of a private key. CT: constant. */
GMPKI_API int gmpki_sm2_private_key_public(GMPKI_SECRET const gmpki_sm2_private_key *key,
                                           GMPKI_OUT gmpki_sm2_public_key *public_key);

/* Cleanse a key. CT: constant. */
GMPKI_API_VOID void gmpki_sm2_private_key_clear(GMPKI_SECRET gmpki_sm2_private_key *key);

/*
 * Decode a point of 64 bytes (x, y), 65 (04, x, y) or 33 (02 or 03, x) and check coordinates < p and the curve
 * equation. GMPKI_ERR_LENGTH for another length, GMPKI_ERR_POINT for anything else. GB/T 32918.1-2016 4.2.10. CT: the
 * point is public.
 */
GMPKI_API int gmpki_sm2_public_key_load(GMPKI_OUT gmpki_sm2_public_key *key, GMPKI_PUBLIC const uint8_t *encoded,
                                        size_t encoded_len);

/* Write the point in the form that encoded_len (33, 64 or 65) names; GMPKI_ERR_LENGTH for another. CT: the point is
 * public. */
GMPKI_API int gmpki_sm2_public_key_store(GMPKI_PUBLIC const gmpki_sm2_public_key *key, GMPKI_OUT uint8_t *encoded,
                                         size_t encoded_len);

/* ---- digests --------------------------------------------------------------------------- */

/* ZA of GB/T 32918.2-2016 5.5. user_id of 0 .. 8191 bytes. CT: time depends on user_id_len only. */
GMPKI_API int gmpki_sm2_za(GMPKI_OUT uint8_t za[GMPKI_SM3_DIGEST_LEN], GMPKI_PUBLIC const gmpki_sm2_public_key *key,
                           GMPKI_PUBLIC const uint8_t *user_id, size_t user_id_len);

/* Start e = SM3(ZA || message) as a running hash: go on with gmpki_sm3_update and gmpki_sm3_final. CT: time depends on
 * user_id_len only. */
GMPKI_API int gmpki_sm2_digest_init(GMPKI_OUT gmpki_sm3_ctx *ctx, GMPKI_PUBLIC const gmpki_sm2_public_key *key,
                                    GMPKI_PUBLIC const uint8_t *user_id, size_t user_id_len);

/* ---- signatures (GB/T 32918.2-2016) ---------------------------------------------------- */

enum gmpki_sm2_sign_flags {
    GMPKI_SM2_SIGN_DETERMINISTIC = 1, /* nonce by RFC 6979 with HMAC-SM3 instead of the hedged one */
    GMPKI_SM2_SIGN_VERIFY = 2         /* verify before release: GMPKI_ERR_FAULT when it does not hold */
};

/*
 * Sign the digest e. The nonce is hedged: 48 bytes of the SM3 KDF over d, 32 fresh random bytes and e, reduced into [1,
 * n-1]. flags is a sum of gmpki_sm2_sign_flags. Clause 6.1. CT: time does not depend on the key or the nonce.
 */
GMPKI_API int gmpki_sm2_sign_digest(GMPKI_SECRET const gmpki_sm2_private_key *key,
                                    GMPKI_OUT uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                                    GMPKI_SECRET const uint8_t digest[GMPKI_SM3_DIGEST_LEN], unsigned flags);

/*
 * gmpki_sm2_sign_digest for count digests at once, several at a time where the processor has the means: digest i, of 32
 * bytes, stands at digests + 32 * i and is signed with keys[i], which may all be one key; signature i, of 64 bytes,
 * goes to signatures + 64 * i. On failure of any of them all are zeroed. keys and digests may be NULL where count is 0.
 * CT: time depends on count only.
 */
GMPKI_API int gmpki_sm2_sign_batch(GMPKI_SECRET const gmpki_sm2_private_key *const *keys, GMPKI_OUT uint8_t *signatures,
                                   GMPKI_SECRET const uint8_t *digests, size_t count, unsigned flags);

/* ZA, e and the signature of a message in one call. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm2_sign(GMPKI_SECRET const gmpki_sm2_private_key *key,
                             GMPKI_OUT uint8_t signature[GMPKI_SM2_SIGNATURE_LEN], GMPKI_PUBLIC const uint8_t *user_id,
                             size_t user_id_len, GMPKI_SECRET const uint8_t *message, size_t message_len,
                             unsigned flags);

/*
 * Verify a signature of the digest e: 1 <= r, s <= n-1, r + s != 0 mod n, and the equation. GMPKI_ERR_SIGNATURE when it
 * does not hold. Clause 7.1. CT: everything is public.
 */
GMPKI_API int gmpki_sm2_verify_digest(GMPKI_PUBLIC const gmpki_sm2_public_key *key,
                                      GMPKI_PUBLIC const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                                      GMPKI_PUBLIC const uint8_t digest[GMPKI_SM3_DIGEST_LEN]);

/*
 * gmpki_sm2_verify_digest for count signatures at once, several at a time where the processor has the means: signature
 * i stands at signatures + 64 * i, digest i at digests + 32 * i, and results[i] becomes what gmpki_sm2_verify_digest
 * would return for them and keys[i], GMPKI_ERR_ARGUMENT for a key that is NULL included. Returns GMPKI_OK if every
 * signature holds, GMPKI_ERR_SIGNATURE if results says otherwise of one; another error stands for all results too. CT:
 * everything is public.
 */
GMPKI_API int gmpki_sm2_verify_batch(GMPKI_PUBLIC const gmpki_sm2_public_key *const *keys, GMPKI_OUT int *results,
                                     GMPKI_PUBLIC const uint8_t *signatures, GMPKI_PUBLIC const uint8_t *digests,
                                     size_t count);

/* ZA, e and the verification of a message in one call. CT: everything is public. */
GMPKI_API int gmpki_sm2_verify(GMPKI_PUBLIC const gmpki_sm2_public_key *key,
                               GMPKI_PUBLIC const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                               GMPKI_PUBLIC const uint8_t *user_id, size_t user_id_len,
                               GMPKI_PUBLIC const uint8_t *message, size_t message_len);

/*
 * Make the table of a public key whose signatures are verified often, as those of an authority are: verification with
 * it takes about a third of the time, and making it about as long as four verifications. CT: the key is public.
 */
GMPKI_API int gmpki_sm2_verify_table_make(GMPKI_OUT gmpki_sm2_verify_table *table,
                                          GMPKI_PUBLIC const gmpki_sm2_public_key *key);

/* gmpki_sm2_verify_digest with the key's table in its place. GMPKI_ERR_STATE unless it was made. CT: everything is
 * public. */
GMPKI_API int gmpki_sm2_verify_digest_with_table(GMPKI_PUBLIC const gmpki_sm2_verify_table *table,
                                                 GMPKI_PUBLIC const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                                                 GMPKI_PUBLIC const uint8_t digest[GMPKI_SM3_DIGEST_LEN]);

/* SM2Signature of GB/T 35276-2017 7.3, SEQUENCE { r INTEGER, s INTEGER }: at most 72 bytes. CT: signatures are public.
 */
GMPKI_API int gmpki_sm2_signature_to_der(GMPKI_OUT uint8_t *der, size_t der_size, GMPKI_OUT size_t *der_len,
                                         GMPKI_PUBLIC const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN]);

/* The reverse, strict: minimal lengths and INTEGERs, positive, at most 32 bytes each, nothing behind. CT: signatures
 * are public. */
GMPKI_API int gmpki_sm2_signature_from_der(GMPKI_OUT uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                                           GMPKI_PUBLIC const uint8_t *der, size_t der_len);

/* ---- encryption (GB/T 32918.4-2016) ---------------------------------------------------- */

/* Forms of a ciphertext; a sum of several tells gmpki_sm2_decrypt what to try. */
enum gmpki_sm2_format {
    GMPKI_SM2_DER = 1,               /* SM2Cipher of GB/T 35276-2017 7.2: SEQUENCE { x, y, C3, C2 } */
    GMPKI_SM2_C1C3C2 = 2,            /* 04 || x || y || C3 || C2 */
    GMPKI_SM2_C1C3C2_BARE = 4,       /* x || y || C3 || C2 */
    GMPKI_SM2_C1C2C3 = 8,            /* 04 || x || y || C2 || C3, the order of the 2010 draft */
    GMPKI_SM2_C1C2C3_BARE = 16,      /* x || y || C2 || C3 */
    GMPKI_SM2_C1C3C2_COMPRESSED = 32 /* 02 or 03 || x || C3 || C2 */
};

/*
 * Encrypt message_len (1 .. GMPKI_SM2_MAX_PLAINTEXT_LEN) bytes in one format. *out_len receives the length;
 * GMPKI_ERR_BUFFER when out_size cannot hold message_len + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD bytes. Clause 6.1. CT:
 * time depends on message_len and on public parts of the result.
 */
GMPKI_API int gmpki_sm2_encrypt(GMPKI_PUBLIC const gmpki_sm2_public_key *key, GMPKI_OUT uint8_t *out, size_t out_size,
                                GMPKI_OUT size_t *out_len, GMPKI_SECRET const uint8_t *message, size_t message_len,
                                int format);

/*
 * Decrypt. Every format in formats that the ciphertext can structurally be is tried in the order of the enum; C3
 * decides. out_size >= ciphertext_len suffices. GMPKI_ERR_DECRYPT for every cause. Clause 7.1. CT: time depends on the
 * ciphertext and on whether it could be decrypted, not on the key or the plaintext.
 */
GMPKI_API int gmpki_sm2_decrypt(GMPKI_SECRET const gmpki_sm2_private_key *key, GMPKI_OUT uint8_t *out, size_t out_size,
                                GMPKI_OUT size_t *out_len, GMPKI_PUBLIC const uint8_t *ciphertext,
                                size_t ciphertext_len, unsigned formats);

/* ---- key exchange (GB/T 32918.3-2016) -------------------------------------------------- */

enum gmpki_sm2_role {
    GMPKI_SM2_INITIATOR = 0, /* user A */
    GMPKI_SM2_RESPONDER = 1  /* user B */
};

/*
 * Derive the shared key of key_len (1 .. 2^16) bytes and both confirmation hashes. Each side keeps an ephemeral key
 * pair from gmpki_sm2_generate_unchecked. confirm_responder is S1 = SB (sent by B, checked by A), confirm_initiator is
 * SA = S2. The caller compares with gmpki_equal. Clause 6.1. GMPKI_ERR_POINT when the shared point is infinity. CT:
 * time depends on key_len only.
 */
GMPKI_API int gmpki_sm2_exchange(GMPKI_SECRET const gmpki_sm2_private_key *key, GMPKI_OUT uint8_t *shared_key,
                                 size_t key_len, GMPKI_OUT uint8_t confirm_initiator[GMPKI_SM3_DIGEST_LEN],
                                 GMPKI_OUT uint8_t confirm_responder[GMPKI_SM3_DIGEST_LEN], int role,
                                 GMPKI_SECRET const gmpki_sm2_private_key *ephemeral,
                                 GMPKI_PUBLIC const uint8_t za[GMPKI_SM3_DIGEST_LEN],
                                 GMPKI_PUBLIC const gmpki_sm2_public_key *peer,
                                 GMPKI_PUBLIC const gmpki_sm2_public_key *peer_ephemeral,
                                 GMPKI_PUBLIC const uint8_t peer_za[GMPKI_SM3_DIGEST_LEN]);

/* The point d * peer (x, y): plain Diffie-Hellman, for protocols that derive keys themselves. CT: time does not depend
 * on the key. */
GMPKI_API int gmpki_sm2_ecdh(GMPKI_SECRET const gmpki_sm2_private_key *key,
                             GMPKI_OUT uint8_t shared_point[GMPKI_SM2_POINT_LEN],
                             GMPKI_PUBLIC const gmpki_sm2_public_key *peer);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_SM2_H */
