/* Sealed values and the keys that PINs wrap. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/bytes.h"
#include "gmpki/kdf.h"
#include "gmpki/rand.h"
#include "gmpki/sm4.h"
#include "softtoken/sealed.h"

enum { NONCE_LEN = 12, TAG_LEN = 16, PLACE_MAX = 1 + 4 + 4 + ST_SERIAL_MAX };

_Static_assert(NONCE_LEN + TAG_LEN == ST_SEAL_OVERHEAD, "what st_seal adds");

static enum st_status from_core(int status) {
    return status == GMPKI_OK ? ST_OK : status == GMPKI_ERR_RANDOM ? ST_ERR_RANDOM : ST_ERR_FAILED;
}

/* The associated data: kind, application, object, and the serial number, which ends it. */
static size_t encode_place(uint8_t out[PLACE_MAX], const st_place *place) {
    size_t serial_len = strnlen(place->serial, ST_SERIAL_MAX);
    out[0] = (uint8_t)place->kind;
    store_be32(out + 1, place->application);
    store_be32(out + 5, place->object);
    memcpy(out + 9, place->serial, serial_len);
    return 9 + serial_len;
}

enum st_status st_seal(uint8_t *sealed, const uint8_t key[ST_STORE_KEY_LEN], const st_place *place,
                       const uint8_t *plain, size_t len) {
    uint8_t associated[PLACE_MAX];
    size_t associated_len = encode_place(associated, place);
    int status = gmpki_random(sealed, NONCE_LEN);
    if (status == GMPKI_OK) {
        status = gmpki_sm4_gcm_encrypt(sealed + NONCE_LEN, sealed + NONCE_LEN + len, TAG_LEN, key, sealed, NONCE_LEN,
                                       associated, associated_len, plain, len);
    }
    return from_core(status);
}

enum st_status st_unseal(uint8_t *plain, const uint8_t key[ST_STORE_KEY_LEN], const st_place *place,
                         const uint8_t *sealed, size_t len) {
    if (len < ST_SEAL_OVERHEAD) {
        return ST_ERR_DAMAGED;
    }
    uint8_t associated[PLACE_MAX];
    size_t associated_len = encode_place(associated, place);
    int status = gmpki_sm4_gcm_decrypt(plain, key, sealed, NONCE_LEN, associated, associated_len, sealed + NONCE_LEN,
                                       len - ST_SEAL_OVERHEAD, sealed + len - TAG_LEN, TAG_LEN);
    return status == GMPKI_ERR_DECRYPT ? ST_ERR_DAMAGED : from_core(status);
}

enum st_status st_seal_bytes(st_bytes *sealed, const uint8_t key[ST_STORE_KEY_LEN], const st_place *place,
                             const uint8_t *plain, size_t len) {
    st_bytes made = {malloc(len + ST_SEAL_OVERHEAD), len + ST_SEAL_OVERHEAD};
    if (made.data == NULL) {
        return ST_ERR_MEMORY;
    }
    enum st_status status = st_seal(made.data, key, place, plain, len);
    if (status != ST_OK) {
        st_bytes_clear(&made);
        return status;
    }
    st_bytes_clear(sealed);
    *sealed = made;
    return ST_OK;
}

/* ---- PINs ------------------------------------------------------------------------------- */

static enum st_status key_of_pin(uint8_t key[ST_STORE_KEY_LEN], const st_wrap *wrap, const char *pin) {
    return from_core(gmpki_sm3_pbkdf2(key, ST_STORE_KEY_LEN, (const uint8_t *)pin, strlen(pin), wrap->salt,
                                      sizeof wrap->salt, wrap->iterations));
}

enum st_status st_wrap_keys(st_wrap *wrap, const st_place *place, uint32_t iterations, const char *pin,
                            const uint8_t *keys, size_t keys_len) {
    if (keys_len == 0 || keys_len > ST_WRAPPED_KEYS_MAX || iterations == 0 || iterations > ST_ITERATIONS_MAX) {
        return ST_ERR_ARGUMENT;
    }
    uint8_t key[ST_STORE_KEY_LEN];
    st_wrap made = {.iterations = iterations, .sealed_len = (uint32_t)keys_len + ST_SEAL_OVERHEAD};
    enum st_status status = from_core(gmpki_random(made.salt, sizeof made.salt));
    if (status == ST_OK) {
        status = key_of_pin(key, &made, pin);
    }
    if (status == ST_OK) {
        status = st_seal(made.sealed, key, place, keys, keys_len);
    }
    if (status == ST_OK) {
        *wrap = made;
    }
    gmpki_cleanse(key, sizeof key);
    return status;
}

enum st_status st_unwrap_keys(uint8_t *keys, size_t keys_len, const st_wrap *wrap, const st_place *place,
                              const char *pin) {
    zero_bytes(keys, keys_len);
    if (wrap->iterations == 0) {
        return ST_ERR_PIN_NOT_SET;
    }
    if (wrap->sealed_len != keys_len + ST_SEAL_OVERHEAD) {
        return ST_ERR_DAMAGED;
    }
    uint8_t key[ST_STORE_KEY_LEN];
    enum st_status status = key_of_pin(key, wrap, pin);
    if (status == ST_OK) {
        status = st_unseal(keys, key, place, wrap->sealed, wrap->sealed_len);
        /* The MAC of the store has shown that nothing is damaged: it is the key that is another. */
        status = status == ST_ERR_DAMAGED ? ST_ERR_PIN_INCORRECT : status;
    }
    gmpki_cleanse(key, sizeof key);
    return status;
}

/* The processor time of this thread, in nanoseconds: what else runs here must not make PINs cheaper. */
static uint64_t processor_time(void) {
    struct timespec now;
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0
               ? (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec
               : 0;
}

enum st_status st_measure_iterations(uint32_t *iterations, uint32_t cost_ms) {
    enum { SAMPLE = 4000, LEAST = 10000 };
    static const uint8_t salt[ST_SALT_LEN] = {0};
    uint8_t key[ST_STORE_KEY_LEN];
    uint64_t shortest = UINT64_MAX;
    for (int i = 0; i < 3; i++) {
        uint64_t begin = processor_time();
        int status = gmpki_sm3_pbkdf2(key, sizeof key, salt, sizeof salt, salt, sizeof salt, SAMPLE);
        uint64_t taken = processor_time() - begin;
        if (status != GMPKI_OK) {
            return from_core(status);
        }
        shortest = taken < shortest ? taken : shortest;
    }
    uint64_t wanted = shortest == 0 ? LEAST : (uint64_t)cost_ms * 1000000u * SAMPLE / shortest;
    *iterations = (uint32_t)(wanted < LEAST ? LEAST : wanted > ST_ITERATIONS_MAX ? ST_ITERATIONS_MAX : wanted);
    return ST_OK;
}
