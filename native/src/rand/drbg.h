/* What tests must reach inside the DRBG. */
#ifndef GMPKI_SRC_DRBG_H
#define GMPKI_SRC_DRBG_H

#include <stdint.h>

#ifdef GMPKI_TEST_BUILD
/* Seconds that the generator's clock is ahead of the system's. */
extern uint64_t drbg_test_clock_ahead_s;
#endif

#endif /* GMPKI_SRC_DRBG_H */
