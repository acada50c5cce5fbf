/* Session keys and the numbers of their algorithms. */
#ifndef GMPKI_SOFTTOKEN_SKF_KEY_H
#define GMPKI_SOFTTOKEN_SKF_KEY_H

#include "softtoken/skf_session.h"

/* What an algorithm's number says. */
typedef struct st_skf_algorithm {
    int cipher; /* enum st_cipher_algorithm */
    int mode;   /* enum st_cipher_mode, or ST_SKF_MAC_MODE */
    size_t key_len;
} st_skf_algorithm;

enum { ST_SKF_MAC_MODE = 0 };

/* ST_ERR_NOT_SUPPORTED for SM1, SSF33 and whatever else the token does not have. */
enum st_status st_skf_algorithm_find(st_skf_algorithm *algorithm, ULONG number);

/* Make a session key from its value; one more than the device allows is ST_ERR_NO_ROOM. ST_ERR_KEY_LEN when the value
 * is not as long as the algorithm's keys. The key lives as long as the connection that object belongs to. */
enum st_status st_skf_key_make(st_skf_object *object, ULONG number, GMPKI_SECRET const uint8_t *value, size_t len,
                               HANDLE *handle);

/* Decrypt len bytes under ECB without padding; numbers that name another mode are ST_ERR_ARGUMENT. */
enum st_status st_skf_ecb_decrypt(ULONG number, GMPKI_SECRET const uint8_t *key, size_t key_len, GMPKI_OUT uint8_t *out,
                                  const uint8_t *in, size_t len);

#endif /* GMPKI_SOFTTOKEN_SKF_KEY_H */
