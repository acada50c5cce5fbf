/*
 * gmpki/kdf.h: key derivation on SM3.
 */
#ifndef GMPKI_KDF_H
#define GMPKI_KDF_H

#include "gmpki/sm3.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GMPKI_HKDF_SM3_MAX_LEN = 255 * GMPKI_SM3_DIGEST_LEN };

/*
 * The KDF of GB/T 32918.4-2016 5.4.3: SM3(z || counter) for counter = 1, 2, ... (4 bytes, big endian), cut to key_len.
 * key_len is 1 .. 32 * (2^32 - 1). GMPKI_ERR_LENGTH outside. CT: time depends on lengths only.
 */
GMPKI_API int gmpki_sm3_kdf(GMPKI_OUT uint8_t *key, size_t key_len, GMPKI_SECRET const uint8_t *z, size_t z_len);

/*
 * PBKDF2 with HMAC-SM3 (RFC 8018 5.2; GM/T 0091-2020). iterations >= 1, key_len 1 .. 32 * (2^32 - 1); GMPKI_ERR_LENGTH
 * otherwise. CT: time depends on lengths and iterations only.
 */
GMPKI_API int gmpki_sm3_pbkdf2(GMPKI_OUT uint8_t *key, size_t key_len, GMPKI_SECRET const uint8_t *password,
                               size_t password_len, GMPKI_PUBLIC const uint8_t *salt, size_t salt_len,
                               uint32_t iterations);

/*
 * PBKDF2 of count passwords, each with its salt, several at a time: key i, of key_len bytes, stands at
 * keys + key_len * i. Every array may be NULL where count is 0. Otherwise as gmpki_sm3_pbkdf2. CT: time depends on
 * lengths, iterations and count only.
 */
GMPKI_API int gmpki_sm3_pbkdf2_batch(GMPKI_OUT uint8_t *keys, size_t key_len,
                                     GMPKI_SECRET const uint8_t *const *passwords,
                                     GMPKI_PUBLIC const size_t *password_lens, GMPKI_PUBLIC const uint8_t *const *salts,
                                     GMPKI_PUBLIC const size_t *salt_lens, uint32_t iterations, size_t count);

/* HKDF-Extract with HMAC-SM3 (RFC 5869 2.2); an empty salt means 32 zero bytes. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm3_hkdf_extract(GMPKI_OUT uint8_t prk[GMPKI_SM3_DIGEST_LEN], GMPKI_PUBLIC const uint8_t *salt,
                                     size_t salt_len, GMPKI_SECRET const uint8_t *key_material,
                                     size_t key_material_len);

/* HKDF-Expand with HMAC-SM3 (RFC 5869 2.3). key_len is 1 .. GMPKI_HKDF_SM3_MAX_LEN, prk_len at least 32. CT: time
 * depends on lengths only. */
GMPKI_API int gmpki_sm3_hkdf_expand(GMPKI_OUT uint8_t *key, size_t key_len, GMPKI_SECRET const uint8_t *prk,
                                    size_t prk_len, GMPKI_PUBLIC const uint8_t *info, size_t info_len);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_KDF_H */
