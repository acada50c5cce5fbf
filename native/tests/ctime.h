/*
 * The constant-time tests. Each entry names one exported function that takes a secret and runs it with every secret
 * input marked undefined; valgrind or MemorySanitizer then reports each branch and each address that depends on one.
 */
#ifndef GMPKI_TESTS_CTIME_H
#define GMPKI_TESTS_CTIME_H

#include <stddef.h>

/* From here on the bytes are secret: nothing may branch on them or use them as an address. */
void ctime_secret(void *data, size_t len);

/* From here on the bytes are public. In library code this is DECLASSIFY (common/ct.h). */
void ctime_declassify(const void *data, size_t len);

typedef struct ctime_entry {
    const char *function; /* the exported name; several entries may name the same function */
    const char *path;     /* what this entry exercises: "", "tampered ciphertext", "bad padding", ... */
    void (*run)(void);
} ctime_entry;

/* The entries of each algorithm, ended by a NULL function. */
extern const ctime_entry ctime_common[];
extern const ctime_entry ctime_sm3[];
extern const ctime_entry ctime_sm4[];
extern const ctime_entry ctime_sm2[];
extern const ctime_entry ctime_sm2_batch[];
extern const ctime_entry ctime_rand[];

#endif /* GMPKI_TESTS_CTIME_H */
