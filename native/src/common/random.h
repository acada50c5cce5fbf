/* The operating system's random source, without the gate. */
#ifndef GMPKI_SRC_RANDOM_H
#define GMPKI_SRC_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fill data with len random bytes, or zero it and return GMPKI_ERR_RANDOM. */
int random_system(uint8_t *data, size_t len);

#ifdef GMPKI_TEST_BUILD
/* What the source does in a test build: 0 the system's bytes, 1 fail, 2 the same byte for ever (a dead source). */
enum { RANDOM_REAL = 0, RANDOM_FAILS = 1, RANDOM_DEAD = 2 };
extern int random_test_mode;
#endif

#endif /* GMPKI_SRC_RANDOM_H */
