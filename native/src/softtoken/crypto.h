/*
 * The cryptography of the software token that the core does not have under one roof: ciphers that stream, CBC-MAC,
 * digests, HMAC and RSA. SM3 and SM4 come from the core; DES, 3DES, AES, MD5, SHA-1, SHA-2 and RSA from libcrypto,
 * which is opened at run time. SM2 and random numbers are the core's own (gmpki/sm2.h, gmpki/rand.h).
 *
 * Conventions:
 *   - Nothing here knows of devices, rights or handles; every function may be called from any thread, one thread at a
 *     time for each context.
 *   - Where an output has the pair (out, out_len), out NULL asks for the size: *out_len receives it, or a bound not far
 *     above it, and nothing is consumed. Otherwise *out_len is the capacity on entry and the number of bytes written
 *     on return. ST_ERR_BUFFER writes nothing but the size needed to *out_len, and the call may be repeated.
 *   - An input may be NULL only where its length is 0.
 *   - Every other error but ST_ERR_ARGUMENT ends a running context, as final does: what follows is ST_ERR_STATE.
 *   - Whatever needs libcrypto answers ST_ERR_NOT_SUPPORTED while there is none.
 *   - Freeing cleanses; NULL may be freed.
 */
#ifndef GMPKI_SOFTTOKEN_CRYPTO_H
#define GMPKI_SOFTTOKEN_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "softtoken/status.h"

#define ST_CHECKED __attribute__((warn_unused_result))

/* ---- libcrypto (libcrypto.c) ------------------------------------------------------------ */

/*
 * libcrypto is looked for once, at first use: the file that GMPKI_LIBCRYPTO in the environment names, or else
 * libcrypto.so.3, then libcrypto.so.1.1. 1 when it was found and has every function needed, else 0.
 */
int st_libcrypto_available(void);

/* The version of the libcrypto in use, or why there is none. Never NULL. */
const char *st_libcrypto_name(void);

/* ---- ciphers (cipher.c, cipher_kernel.c) --------------------------------------------- */

enum st_cipher_algorithm {
    ST_SM4 = 1, /* key of 16 bytes, blocks of 16 */
    ST_DES,     /* key of 8 bytes, blocks of 8 */
    ST_DES3,    /* key of 16 (K1 K2 K1) or 24 bytes, blocks of 8 */
    ST_AES      /* key of 16, 24 or 32 bytes, blocks of 16 */
};

enum st_cipher_mode {
    ST_ECB = 1, /* no iv */
    ST_CBC,     /* this and the others: an iv of one block */
    ST_CFB,
    ST_OFB, /* feedback of a whole block */
    ST_CTR  /* SM4 and AES; the block is one big-endian counter */
};

enum st_direction { ST_ENCRYPT = 1, ST_DECRYPT };

enum st_padding { ST_NO_PADDING = 0, ST_PKCS7 = 1 };

enum { ST_MAX_BLOCK_LEN = 16, ST_MAX_CIPHER_KEY_LEN = 32 };

/* What a running cipher is made from. Everything is copied. */
typedef struct st_cipher_spec {
    int algorithm;          /* enum st_cipher_algorithm */
    int mode;               /* enum st_cipher_mode */
    int direction;          /* enum st_direction */
    int padding;            /* enum st_padding; ST_PKCS7 for ECB and CBC only */
    unsigned feedback_bits; /* CFB: 8, or the size of a block, for which 0 stands too. Ignored elsewhere */
    const uint8_t *key;
    size_t key_len;
    const uint8_t *iv;
    size_t iv_len;
} st_cipher_spec;

typedef struct st_cipher st_cipher;

/* The block length of an algorithm, 0 for an unknown one. */
size_t st_cipher_block_len(int algorithm);

/* 1 when the algorithm takes keys of this length. */
int st_cipher_takes_key_len(int algorithm, size_t key_len);

/*
 * Make a running cipher. ST_ERR_ARGUMENT for an unknown constant, padding where there is none, or an iv of the wrong
 * length; ST_ERR_KEY_LEN; ST_ERR_NOT_SUPPORTED for a feedback size or a mode that the algorithm does not have here.
 */
ST_CHECKED enum st_status st_cipher_new(st_cipher **cipher, const st_cipher_spec *spec);

/*
 * Process in_len bytes. Bytes short of a block are kept for later, and so is the last whole block while decrypting
 * with padding. out may be in, or overlap it.
 */
ST_CHECKED enum st_status st_cipher_update(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in,
                                           size_t in_len);

/*
 * End: ST_ERR_INPUT_LEN when the input was not whole blocks where it had to be, ST_ERR_PADDING when the padding is
 * wrong. The size answered to a query is a bound for decryption with padding; a buffer of the exact size is enough.
 */
ST_CHECKED enum st_status st_cipher_final(st_cipher *cipher, uint8_t *out, size_t *out_len);

/* Update, then final; either both happen or, with ST_ERR_BUFFER, none. */
ST_CHECKED enum st_status st_cipher_crypt(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in,
                                          size_t in_len);

void st_cipher_free(st_cipher *cipher);

/* One message in one call. */
ST_CHECKED enum st_status st_cipher_once(const st_cipher_spec *spec, uint8_t *out, size_t *out_len, const uint8_t *in,
                                         size_t in_len);

/* ---- CBC-MAC (mac.c) -------------------------------------------------------------------- */

typedef struct st_mac st_mac;

/*
 * Make a running MAC: the last block of a CBC encryption that begins with iv, of whole blocks, at least one
 * (GM/T 0016-2012 7.6.31). iv_len is one block, or 0 for an iv of zeros. Errors as st_cipher_new.
 */
ST_CHECKED enum st_status st_mac_new(st_mac **mac, int algorithm, const uint8_t *key, size_t key_len, const uint8_t *iv,
                                     size_t iv_len);

ST_CHECKED enum st_status st_mac_update(st_mac *mac, const uint8_t *data, size_t len);

/* Write the MAC, one block. ST_ERR_INPUT_LEN unless the message was whole blocks, at least one. */
ST_CHECKED enum st_status st_mac_final(st_mac *mac, uint8_t *out, size_t *out_len);

void st_mac_free(st_mac *mac);

/* ---- digests (digest.c) ----------------------------------------------------------------- */

enum st_digest_algorithm { ST_SM3 = 1, ST_MD5, ST_SHA1, ST_SHA256, ST_SHA384, ST_SHA512 };

enum { ST_MAX_DIGEST_LEN = 64 };

typedef struct st_digest st_digest;

/* The length of a digest in bytes, 0 for an unknown algorithm. */
size_t st_digest_len(int algorithm);

/* Make a running digest. ST_ERR_ARGUMENT for an unknown algorithm. */
ST_CHECKED enum st_status st_digest_new(st_digest **digest, int algorithm);

/*
 * Make a running SM3 that has taken in Z of this key (x, y) and identity: its result is the e that SM2 signs
 * (GB/T 32918.2-2016 5.5). ST_ERR_INPUT for a point off the curve, ST_ERR_INPUT_LEN for more than 8191 bytes of
 * identity.
 */
ST_CHECKED enum st_status st_digest_new_sm2(st_digest **digest, const uint8_t point[64], const uint8_t *user_id,
                                            size_t user_id_len);

ST_CHECKED enum st_status st_digest_update(st_digest *digest, const uint8_t *data, size_t len);
ST_CHECKED enum st_status st_digest_final(st_digest *digest, uint8_t *out, size_t *out_len);
void st_digest_free(st_digest *digest);

/* Hash one message into st_digest_len(algorithm) bytes. */
ST_CHECKED enum st_status st_digest_once(int algorithm, uint8_t *out, const uint8_t *data, size_t len);

/* ---- HMAC (hmac.c) ---------------------------------------------------------------------- */

typedef struct st_hmac st_hmac;

/* Make a running HMAC over one of the digests; any key length, also none. */
ST_CHECKED enum st_status st_hmac_new(st_hmac **hmac, int algorithm, const uint8_t *key, size_t key_len);
ST_CHECKED enum st_status st_hmac_update(st_hmac *hmac, const uint8_t *data, size_t len);
/* Write the whole MAC, as long as the digest. */
ST_CHECKED enum st_status st_hmac_final(st_hmac *hmac, uint8_t *out, size_t *out_len);
void st_hmac_free(st_hmac *hmac);

/* ---- RSA (rsa_key.c, rsa_raw.c, rsa_padding.c, rsa_public.c) ---------------------------- */

enum {
    ST_RSA_MIN_LEN = 128, /* of a public modulus: 1024 .. 4096 bits in steps of 8 */
    ST_RSA_MAX_LEN = 512,
    ST_RSA_PRIVATE_MAX_LEN = 256, /* a private key has 1024 or 2048 bits */
    ST_RSA_PRIME_MAX_LEN = 128,
    ST_RSA_EXPONENT_LEN = 4,
    ST_RSA_PKCS1_OVERHEAD = 11,    /* what PKCS#1 v1.5 needs beside the message */
    ST_RSA_PRIVATE_DER_MAX = 1280, /* an RSAPrivateKey of 2048 bits is shorter */
    ST_RSA_DIGEST_INFO_MAX = 96
};

/*
 * Numbers are big endian, leading zeros kept: n and d fill the first bits / 8 bytes of their arrays, the primes and
 * what belongs to them the first bits / 16; the rest is zero. The exponent fills its four bytes.
 */
typedef struct st_rsa_public_key {
    uint32_t bits;
    uint8_t n[ST_RSA_MAX_LEN];
    uint8_t e[ST_RSA_EXPONENT_LEN];
} st_rsa_public_key;

typedef struct st_rsa_key {
    uint32_t bits;
    uint8_t n[ST_RSA_PRIVATE_MAX_LEN];
    uint8_t e[ST_RSA_EXPONENT_LEN];
    uint8_t d[ST_RSA_PRIVATE_MAX_LEN];
    uint8_t p[ST_RSA_PRIME_MAX_LEN];
    uint8_t q[ST_RSA_PRIME_MAX_LEN];
    uint8_t dp[ST_RSA_PRIME_MAX_LEN];
    uint8_t dq[ST_RSA_PRIME_MAX_LEN];
    uint8_t qinv[ST_RSA_PRIME_MAX_LEN];
} st_rsa_key;

/* Make a key pair of 1024 or 2048 bits, exponent 65537, and check it by a signature made and verified.
 * ST_ERR_KEY_LEN for other sizes. */
ST_CHECKED enum st_status st_rsa_generate(st_rsa_key *key, uint32_t bits);

/* Check a private key from outside: p and q prime, n = p q, d e = 1, and what follows for dp, dq and qinv.
 * ST_ERR_KEY_LEN for a size that is not offered, ST_ERR_INPUT for one that does not hold together. */
ST_CHECKED enum st_status st_rsa_check(const st_rsa_key *key);

/* Check the shape of a public key: size, modulus odd with its top bit set, exponent odd and above 1. Errors as
 * st_rsa_check. */
ST_CHECKED enum st_status st_rsa_check_public(const st_rsa_public_key *key);

/* The public half of a private key. */
void st_rsa_public(st_rsa_public_key *public_key, const st_rsa_key *key);

/*
 * Decode and check an RSAPrivateKey (RFC 8017 A.1.2) with two primes. *used receives the length of the encoding; bytes
 * may follow it, which the caller judges. ST_ERR_INPUT, ST_ERR_KEY_LEN.
 */
ST_CHECKED enum st_status st_rsa_decode(st_rsa_key *key, size_t *used, const uint8_t *der, size_t der_len);

/* Write the RSAPrivateKey (RFC 8017 A.1.2) of a key; ST_RSA_PRIVATE_DER_MAX bytes are always enough. */
ST_CHECKED enum st_status st_rsa_encode(const st_rsa_key *key, uint8_t *out, size_t *out_len);

/*
 * The bare operations: a number of exactly bits / 8 bytes (ST_ERR_INPUT_LEN otherwise) below n (ST_ERR_INPUT) becomes
 * another, of bits / 8 bytes; in may be out. The private one is blinded.
 */
ST_CHECKED enum st_status st_rsa_raw_public(const st_rsa_public_key *key, uint8_t *out, const uint8_t *in,
                                            size_t in_len);
ST_CHECKED enum st_status st_rsa_raw_private(const st_rsa_key *key, uint8_t *out, const uint8_t *in, size_t in_len);

/* What OAEP and PSS are told (RFC 8017 7.1, 8.1): ST_SHA1, ST_SHA256, ST_SHA384 or ST_SHA512 for both hashes,
 * ST_ERR_NOT_SUPPORTED for others. */
typedef struct st_oaep {
    int digest;
    int mgf_digest;
    const uint8_t *label; /* may be empty */
    size_t label_len;
} st_oaep;

typedef struct st_pss {
    int digest;
    int mgf_digest;
    size_t salt_len; /* exactly this many bytes, also when verifying */
} st_pss;

/*
 * The steps before and after the private operation, which a container does by itself (engine.h, st_key_rsa_private).
 * A block has block_len = bits / 8 bytes.
 *
 * st_rsa_pad_signature: PKCS#1 v1.5 signature (RFC 8017 9.2) of data as it is, at most block_len - 11 bytes
 * (ST_ERR_INPUT_LEN). This is what SKF_RSASignData and CKM_RSA_PKCS sign; a hashing signature passes a DigestInfo.
 */
ST_CHECKED enum st_status st_rsa_pad_signature(uint8_t *block, size_t block_len, const uint8_t *data, size_t len);

/* Write the DigestInfo (RFC 8017 9.2) of a digest; ST_RSA_DIGEST_INFO_MAX bytes are always enough. ST_ERR_INPUT_LEN
 * when the digest is not as long as the algorithm's. Also for SM3. */
ST_CHECKED enum st_status st_rsa_digest_info(int digest_algorithm, uint8_t *out, size_t *out_len, const uint8_t *digest,
                                             size_t digest_len);

/* PSS (RFC 8017 9.1.1) for this key's size. ST_ERR_INPUT_LEN when the digest is not as long as the algorithm's;
 * ST_ERR_KEY_LEN when the modulus is too short for digest and salt. */
ST_CHECKED enum st_status st_rsa_pad_pss(const st_rsa_public_key *key, const st_pss *pss, uint8_t *block,
                                         const uint8_t *digest, size_t digest_len);

/*
 * Take the padding of a decrypted block off, PKCS#1 v1.5 (RFC 8017 7.2.2) or OAEP (7.1.2): ST_ERR_DECRYPT for every
 * cause; time does not tell which. The size answered to a query is the bound for any message; a buffer of the exact
 * size is enough.
 */
ST_CHECKED enum st_status st_rsa_unpad(const uint8_t *block, size_t block_len, uint8_t *out, size_t *out_len);
ST_CHECKED enum st_status st_rsa_unpad_oaep(const st_oaep *oaep, const uint8_t *block, size_t block_len, uint8_t *out,
                                            size_t *out_len);

/* ST_OK, or ST_ERR_SIGNATURE for a signature that does not hold, whatever is wrong with it. */
ST_CHECKED enum st_status st_rsa_verify(const st_rsa_public_key *key, const uint8_t *data, size_t len,
                                        const uint8_t *signature, size_t signature_len);
ST_CHECKED enum st_status st_rsa_verify_pss(const st_rsa_public_key *key, const st_pss *pss, const uint8_t *digest,
                                            size_t digest_len, const uint8_t *signature, size_t signature_len);

/* Encrypt by PKCS#1 v1.5 (RFC 8017 7.2.1) or OAEP (7.1.1) into bits / 8 bytes. ST_ERR_INPUT_LEN for a message that is
 * too long. */
ST_CHECKED enum st_status st_rsa_encrypt(const st_rsa_public_key *key, uint8_t *out, size_t *out_len,
                                         const uint8_t *data, size_t len);
ST_CHECKED enum st_status st_rsa_encrypt_oaep(const st_rsa_public_key *key, const st_oaep *oaep, uint8_t *out,
                                              size_t *out_len, const uint8_t *data, size_t len);

#endif /* GMPKI_SOFTTOKEN_CRYPTO_H */
