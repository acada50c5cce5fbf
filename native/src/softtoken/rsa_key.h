/* What the RSA files share: keys in libcrypto's form, and what is asked before an operation. */
#ifndef GMPKI_SOFTTOKEN_RSA_KEY_H
#define GMPKI_SOFTTOKEN_RSA_KEY_H

#include "softtoken/crypto.h"
#include "softtoken/libcrypto.h"

/* The key as libcrypto's, to be freed with RSA_free; NULL without memory. */
RSA *st_rsa_load_public(const st_libcrypto *lib, const st_rsa_public_key *key);
RSA *st_rsa_load_private(const st_libcrypto *lib, const st_rsa_key *key);

/* What can be seen of a private key without arithmetic: its size, and an odd modulus and exponent. */
ST_CHECKED enum st_status st_rsa_check_shape(const st_rsa_key *key);

/* The digest that OAEP and PSS are told, NULL for one that is not offered. */
const EVP_MD *st_rsa_hash(const st_libcrypto *lib, int digest_algorithm);

/* What OAEP and PSS ask before they begin; *max_len is the length of the longest message. */
ST_CHECKED enum st_status st_rsa_check_oaep(const st_libcrypto *lib, const st_oaep *oaep, size_t block_len,
                                            size_t *max_len);
ST_CHECKED enum st_status st_rsa_check_pss(const st_libcrypto *lib, const st_pss *pss, size_t block_len,
                                           size_t digest_len);

#endif /* GMPKI_SOFTTOKEN_RSA_KEY_H */
