/* What the faults of SM2 have in common. */
#ifndef GMPKI_FAULTY_SM2_H
#define GMPKI_FAULTY_SM2_H

#include "faulty.h"

enum { FIELD_LEN = 64, NUMBER_LEN = 32, SM3_LEN = 32 };

/* Move a number from the end of its field, where it belongs, to the front. */
void move_left(BYTE field[FIELD_LEN]);

/* A connection of the library's own, which no program closes. */
DEVHANDLE own_device(void);

/* SM3 of data. */
void own_sm3(const BYTE *data, ULONG len, BYTE digest[SM3_LEN]);

/* A session key of 16 zero bytes, which stands where the right one should. */
ULONG own_zero_key(ULONG algorithm, HANDLE *handle);

#endif
