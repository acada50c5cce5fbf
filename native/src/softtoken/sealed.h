/*
 * What is secret on disk: SM4-GCM under keys that are wrapped for PINs.
 *
 * Each application has a user key and an admin key, made at random. The user's PIN wraps the user key; the
 * administrator's PIN wraps the user key and, behind it, the admin key, so that it can give the user a new PIN. A PIN
 * becomes a key by PBKDF2-HMAC-SM3 (GB/T 32905 in RFC 8018 5.2).
 *
 * A sealed value is nonce (12), ciphertext, tag (16). The associated data are the serial number of the device, the ids
 * of application and object and the kind, so that no value can stand in the place of another.
 */
#ifndef GMPKI_SOFTTOKEN_SEALED_H
#define GMPKI_SOFTTOKEN_SEALED_H

#include "softtoken/model.h"

enum st_sealed_kind {
    ST_SEALED_DEVICE_KEY = 1, /* application 0, object 0 */
    ST_SEALED_ADMIN_PIN,      /* object 0 */
    ST_SEALED_USER_PIN,       /* object 0 */
    ST_SEALED_SIGNING_KEY,    /* object: the container */
    ST_SEALED_ENCRYPTION_KEY, /* object: the container */
    ST_SEALED_FILE,
    ST_SEALED_OBJECT
};

/* The place of a sealed value. */
typedef struct st_place {
    const char *serial;
    uint32_t application;
    uint32_t object;
    int kind; /* enum st_sealed_kind */
} st_place;

/* Write len + ST_SEAL_OVERHEAD bytes. ST_ERR_RANDOM, ST_ERR_FAILED. */
ST_CHECKED enum st_status st_seal(uint8_t *sealed, GMPKI_SECRET const uint8_t key[ST_STORE_KEY_LEN],
                                  const st_place *place, GMPKI_SECRET const uint8_t *plain, size_t len);
/* Write len - ST_SEAL_OVERHEAD bytes. ST_ERR_DAMAGED, with nothing written, when key or place is another. */
ST_CHECKED enum st_status st_unseal(uint8_t *plain, GMPKI_SECRET const uint8_t key[ST_STORE_KEY_LEN],
                                    const st_place *place, const uint8_t *sealed, size_t len);
/* Seal into bytes of a model, which are replaced. Also ST_ERR_MEMORY. */
ST_CHECKED enum st_status st_seal_bytes(st_bytes *sealed, GMPKI_SECRET const uint8_t key[ST_STORE_KEY_LEN],
                                        const st_place *place, GMPKI_SECRET const uint8_t *plain, size_t len);

/* Wrap keys (16 bytes for the user, 32 for the administrator) for a PIN, with a new salt. */
ST_CHECKED enum st_status st_wrap_keys(st_wrap *wrap, const st_place *place, uint32_t iterations,
                                       GMPKI_SECRET const char *pin, GMPKI_SECRET const uint8_t *keys, size_t keys_len);
/* Recover them. ST_ERR_PIN_INCORRECT, ST_ERR_PIN_NOT_SET. Whoever calls has spent the try before. */
ST_CHECKED enum st_status st_unwrap_keys(GMPKI_OUT uint8_t *keys, size_t keys_len, const st_wrap *wrap,
                                         const st_place *place, GMPKI_SECRET const char *pin);

/* How many iterations cost about cost_ms on this machine now: at least 10,000, at most ST_ITERATIONS_MAX. */
ST_CHECKED enum st_status st_measure_iterations(uint32_t *iterations, uint32_t cost_ms);

#endif /* GMPKI_SOFTTOKEN_SEALED_H */
