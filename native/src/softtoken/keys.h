/* Private keys of containers, inside the engine. */
#ifndef GMPKI_SOFTTOKEN_KEYS_H
#define GMPKI_SOFTTOKEN_KEYS_H

#include "gmpki/sm2.h"
#include "softtoken/container.h"

/* Whose private key an operation uses. */
typedef struct st_key_name {
    st_device *device;
    uint32_t application, container;
    int usage;
} st_key_name;

/*
 * Take a private key out of its container, for one operation; the device is not entered any more when these return.
 * The caller cleanses the key. ST_ERR_LOGIN, ST_ERR_NO_KEY, ST_ERR_KEY_USAGE for a pair of the other kind.
 */
ST_CHECKED enum st_status st_take_sm2(const st_key_name *name, GMPKI_OUT gmpki_sm2_private_key *key);
ST_CHECKED enum st_status st_take_rsa(const st_key_name *name, GMPKI_OUT st_rsa_key *key);

/* The engine's word for what the core answers. */
enum st_status st_of_core(int status);

#endif /* GMPKI_SOFTTOKEN_KEYS_H */
