/*
 * The functions of libcrypto (OpenSSL 1.1 and 3) that the software token calls, found at run time. Their types stay
 * incomplete: no header of OpenSSL is needed to build. Parameters and results are as its manual pages state them.
 */
#ifndef GMPKI_SOFTTOKEN_LIBCRYPTO_H
#define GMPKI_SOFTTOKEN_LIBCRYPTO_H

#include <stddef.h>

typedef struct bignum_st BIGNUM;
typedef struct bn_gencb_st BN_GENCB;
typedef struct engine_st ENGINE;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
typedef struct hmac_ctx_st HMAC_CTX;
typedef struct rsa_st RSA;

/* Values of macros in OpenSSL's headers. */
enum { OPENSSL_VERSION = 0, RSA_PKCS1_PADDING = 1, RSA_NO_PADDING = 3 };

/* F(result, name, parameters) for every function. */
#define ST_LIBCRYPTO_GENERAL(F)                                                                                        \
    F(const char *, OpenSSL_version, (int))                                                                            \
    F(int, ERR_set_mark, (void))                                                                                       \
    F(int, ERR_pop_to_mark, (void))                                                                                    \
    F(BIGNUM *, BN_bin2bn, (const unsigned char *, int, BIGNUM *))                                                     \
    F(int, BN_bn2binpad, (const BIGNUM *, unsigned char *, int))                                                       \
    F(int, BN_num_bits, (const BIGNUM *))                                                                              \
    F(void, BN_clear_free, (BIGNUM *))

#define ST_LIBCRYPTO_SYMMETRIC(F)                                                                                      \
    F(const EVP_CIPHER *, EVP_get_cipherbyname, (const char *))                                                        \
    F(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void))                                                                    \
    F(void, EVP_CIPHER_CTX_free, (EVP_CIPHER_CTX *))                                                                   \
    F(int, EVP_CIPHER_CTX_copy, (EVP_CIPHER_CTX *, const EVP_CIPHER_CTX *))                                            \
    F(int, EVP_CIPHER_CTX_set_padding, (EVP_CIPHER_CTX *, int))                                                        \
    F(int, EVP_CipherInit_ex,                                                                                          \
      (EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *, const unsigned char *, const unsigned char *, int))             \
    F(int, EVP_CipherUpdate, (EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int))                   \
    F(const EVP_MD *, EVP_get_digestbyname, (const char *))                                                            \
    F(EVP_MD_CTX *, EVP_MD_CTX_new, (void))                                                                            \
    F(void, EVP_MD_CTX_free, (EVP_MD_CTX *))                                                                           \
    F(int, EVP_DigestInit_ex, (EVP_MD_CTX *, const EVP_MD *, ENGINE *))                                                \
    F(int, EVP_DigestUpdate, (EVP_MD_CTX *, const void *, size_t))                                                     \
    F(int, EVP_DigestFinal_ex, (EVP_MD_CTX *, unsigned char *, unsigned int *))                                        \
    F(HMAC_CTX *, HMAC_CTX_new, (void))                                                                                \
    F(void, HMAC_CTX_free, (HMAC_CTX *))                                                                               \
    F(int, HMAC_Init_ex, (HMAC_CTX *, const void *, int, const EVP_MD *, ENGINE *))                                    \
    F(int, HMAC_Update, (HMAC_CTX *, const unsigned char *, size_t))                                                   \
    F(int, HMAC_Final, (HMAC_CTX *, unsigned char *, unsigned int *))

#define ST_LIBCRYPTO_RSA(F)                                                                                            \
    F(RSA *, RSA_new, (void))                                                                                          \
    F(void, RSA_free, (RSA *))                                                                                         \
    F(int, RSA_generate_key_ex, (RSA *, int, BIGNUM *, BN_GENCB *))                                                    \
    F(int, RSA_check_key, (const RSA *))                                                                               \
    F(int, RSA_set0_key, (RSA *, BIGNUM *, BIGNUM *, BIGNUM *))                                                        \
    F(int, RSA_set0_factors, (RSA *, BIGNUM *, BIGNUM *))                                                              \
    F(int, RSA_set0_crt_params, (RSA *, BIGNUM *, BIGNUM *, BIGNUM *))                                                 \
    F(void, RSA_get0_key, (const RSA *, const BIGNUM **, const BIGNUM **, const BIGNUM **))                            \
    F(void, RSA_get0_factors, (const RSA *, const BIGNUM **, const BIGNUM **))                                         \
    F(void, RSA_get0_crt_params, (const RSA *, const BIGNUM **, const BIGNUM **, const BIGNUM **))                     \
    F(RSA *, d2i_RSAPrivateKey, (RSA **, const unsigned char **, long))                                                \
    F(int, i2d_RSAPrivateKey, (const RSA *, unsigned char **))                                                         \
    F(int, RSA_public_encrypt, (int, const unsigned char *, unsigned char *, RSA *, int))                              \
    F(int, RSA_private_encrypt, (int, const unsigned char *, unsigned char *, RSA *, int))                             \
    F(int, RSA_padding_add_PKCS1_type_1, (unsigned char *, int, const unsigned char *, int))                           \
    F(int, RSA_padding_check_PKCS1_type_2, (unsigned char *, int, const unsigned char *, int, int))                    \
    F(int, RSA_padding_add_PKCS1_OAEP_mgf1,                                                                            \
      (unsigned char *, int, const unsigned char *, int, const unsigned char *, int, const EVP_MD *, const EVP_MD *))  \
    F(int, RSA_padding_check_PKCS1_OAEP_mgf1,                                                                          \
      (unsigned char *, int, const unsigned char *, int, int, const unsigned char *, int, const EVP_MD *,              \
       const EVP_MD *))                                                                                                \
    F(int, RSA_padding_add_PKCS1_PSS_mgf1,                                                                             \
      (RSA *, unsigned char *, const unsigned char *, const EVP_MD *, const EVP_MD *, int))                            \
    F(int, RSA_verify_PKCS1_PSS_mgf1,                                                                                  \
      (RSA *, const unsigned char *, const EVP_MD *, const EVP_MD *, const unsigned char *, int))

#define ST_LIBCRYPTO_FUNCTIONS(F) ST_LIBCRYPTO_GENERAL(F) ST_LIBCRYPTO_SYMMETRIC(F) ST_LIBCRYPTO_RSA(F)

typedef struct st_libcrypto {
#define ST_MEMBER(result, name, parameters) result(*name) parameters;
    ST_LIBCRYPTO_FUNCTIONS(ST_MEMBER)
#undef ST_MEMBER
} st_libcrypto;

/* The functions, or NULL when there is no libcrypto: st_libcrypto_name says why. */
const st_libcrypto *st_libcrypto_get(void);

/* The digest of this enum st_digest_algorithm, or NULL for SM3 and for one that this libcrypto does not have. */
const EVP_MD *st_libcrypto_digest(const st_libcrypto *lib, int algorithm);

#endif /* GMPKI_SOFTTOKEN_LIBCRYPTO_H */
