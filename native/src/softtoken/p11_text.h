/* Fixed texts of the PKCS#11 module, and the blank-filled fields they stand in. */
#ifndef GMPKI_SOFTTOKEN_P11_TEXT_H
#define GMPKI_SOFTTOKEN_P11_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "gmpki/common.h"
#include "gmpki/pkcs11.h"

#define ST_P11_MANUFACTURER "gmpki SOFTWARE TOKEN"

/* text, cut at the end of the field and then between characters of UTF-8, and blanks behind it (2.40, 3.1). */
static inline void st_p11_blank_fill(CK_UTF8CHAR *field, size_t field_len, const char *text) {
    size_t len = strlen(text);
    if (len > field_len) {
        len = field_len;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    memset(field, ' ', field_len);
    memcpy(field, text, len);
}

/* Major and minor number of the library. */
static inline CK_VERSION st_p11_version(void) {
    char *end;
    unsigned long major = strtoul(gmpki_version(), &end, 10);
    unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    return (CK_VERSION){(CK_BYTE)major, (CK_BYTE)minor};
}

#endif /* GMPKI_SOFTTOKEN_P11_TEXT_H */
