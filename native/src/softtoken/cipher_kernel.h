/* The length-preserving half of a cipher: a key and a chaining value in the core or in libcrypto, no buffering. */
#ifndef GMPKI_SOFTTOKEN_CIPHER_KERNEL_H
#define GMPKI_SOFTTOKEN_CIPHER_KERNEL_H

#include "gmpki/sm4.h"
#include "softtoken/crypto.h"
#include "softtoken/libcrypto.h"

typedef struct st_cipher_kernel {
    gmpki_sm4_ctx sm4;   /* when evp is NULL */
    EVP_CIPHER_CTX *evp; /* the others */
} st_cipher_kernel;

/* Start from a spec whose constants and lengths have been checked. ST_ERR_NOT_SUPPORTED for a mode that is not there.
 */
ST_CHECKED enum st_status st_cipher_kernel_start(st_cipher_kernel *kernel, const st_cipher_spec *spec);

/* Process len bytes, whole blocks where the mode has blocks. out is in, or does not touch it. */
ST_CHECKED enum st_status st_cipher_kernel_run(st_cipher_kernel *kernel, uint8_t *out, const uint8_t *in, size_t len);

ST_CHECKED enum st_status st_cipher_kernel_copy(st_cipher_kernel *target, const st_cipher_kernel *source);

/* Cleanse. */
void st_cipher_kernel_stop(st_cipher_kernel *kernel);

#endif /* GMPKI_SOFTTOKEN_CIPHER_KERNEL_H */
