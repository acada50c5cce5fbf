/*
 * SKF's key structures (GM/T 0016-2012 6.4) from and to the fixed-width bytes that the engine and the core take.
 * SM2 values stand right-aligned in 64 bytes, the first 32 zero. What is read is checked; ST_ERR_INPUT when it does
 * not hold. Points are not yet known to be on the curve.
 */
#ifndef GMPKI_SOFTTOKEN_SKF_BLOBS_H
#define GMPKI_SOFTTOKEN_SKF_BLOBS_H

#include <stddef.h>
#include <stdint.h>

#include "gmpki/skf.h"
#include "softtoken/crypto.h"
#include "softtoken/engine.h"

enum {
    ST_SKF_MAX_ECC_PLAINTEXT = 4096, /* bytes that SM2 encrypts in one call: MaxECCBufferSize */
    ST_SKF_CIPHER_OVERHEAD = 96      /* x, y and C3 before C2 */
};

enum st_status st_skf_point_read(uint8_t point[64], const ECCPUBLICKEYBLOB *blob);
void st_skf_point_write(ECCPUBLICKEYBLOB *blob, const uint8_t point[64]);

enum st_status st_skf_scalar_read(GMPKI_OUT uint8_t d[32], GMPKI_SECRET const ECCPRIVATEKEYBLOB *blob);

enum st_status st_skf_signature_read(uint8_t signature[64], const ECCSIGNATUREBLOB *blob);
void st_skf_signature_write(ECCSIGNATUREBLOB *blob, const uint8_t signature[64]);

/* Read x, y, C3, C2 into out, which has room for ST_SKF_CIPHER_OVERHEAD + ST_SKF_MAX_ECC_PLAINTEXT bytes. */
enum st_status st_skf_cipher_read(uint8_t *out, size_t *out_len, const ECCCIPHERBLOB *blob);

/*
 * Encrypt to a public key into a blob. The standard gives this output no capacity. Where the caller put one into
 * CipherLen, as some drivers demand, it is respected (ST_ERR_BUFFER, and CipherLen receives what is needed); 0 stands
 * for a caller who knows no such thing, and who then has room for a ciphertext as long as the plaintext.
 */
enum st_status st_skf_cipher_make(ECCCIPHERBLOB *blob, const ECCPUBLICKEYBLOB *recipient,
                                  GMPKI_SECRET const uint8_t *plaintext, size_t plaintext_len);

/* A modulus shorter than its field is written right-aligned, as one driver's source has it, and read at either end. */
enum st_status st_skf_rsa_public_read(st_rsa_public_key *key, const RSAPUBLICKEYBLOB *blob);
void st_skf_rsa_public_write(RSAPUBLICKEYBLOB *blob, const st_rsa_public_key *key);
enum st_status st_skf_rsa_private_read(GMPKI_OUT st_rsa_key *key, GMPKI_SECRET const RSAPRIVATEKEYBLOB *blob);
void st_skf_rsa_private_write(RSAPRIVATEKEYBLOB *blob, GMPKI_SECRET const st_rsa_key *key);

/* Open an encryption pair's envelope with the container's signing key and import the pair (skf_sm2.c). */
enum st_status st_skf_envelope_import(st_device *device, uint32_t application, uint32_t container,
                                      const ENVELOPEDKEYBLOB *blob);

/* A status of the core, where an input from outside can be at fault, as the engine's. */
enum st_status st_skf_from_core(int core_status);

#endif /* GMPKI_SOFTTOKEN_SKF_BLOBS_H */
