/* What a name may be: of applications, containers and files, and the label of a device. */
#ifndef GMPKI_SOFTTOKEN_NAMES_H
#define GMPKI_SOFTTOKEN_NAMES_H

#include <stddef.h>

/* 1 for 1 .. max bytes of UTF-8 (RFC 3629: shortest form, no surrogates) without control characters; no more than
 * max + 1 bytes are looked at. NULL is no name. */
int st_name_is_valid(const char *name, size_t max);

/* 1 for 1 .. ST_SERIAL_MAX letters, digits, "-", "_" and ".", the first of which is not ".". */
int st_serial_is_valid(const char *serial);

#endif /* GMPKI_SOFTTOKEN_NAMES_H */
