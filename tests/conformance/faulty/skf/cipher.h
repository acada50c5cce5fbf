/* What the faults of session keys know of each key. */
#ifndef GMPKI_FAULTY_CIPHER_H
#define GMPKI_FAULTY_CIPHER_H

#include "sm2.h"

enum { BLOCK_LEN = 16, KEY_LEN = 16, MODE_BITS = 0xFF };

/* A session key, and what was last asked of it. */
typedef struct {
    HANDLE handle;
    ULONG algorithm;
    struct {
        int initialised;
        int running; /* an update was there since */
        BLOCKCIPHERPARAM param;
    } encryption, decryption;
    BYTE last[BLOCK_LEN]; /* of its ciphertext */
} seen_key;

/* The key that was made last. */
extern HANDLE newest_key;

/* Note that a session key was made. */
void key_made(HANDLE handle, ULONG algorithm);

/* What is known of a session key; a new entry where nothing is. Never NULL. */
seen_key *key_of(HANDLE handle);

/* The identifier that a careless maker takes for another. */
ULONG mistaken_algorithm(ULONG algorithm);

#endif
