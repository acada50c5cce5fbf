/* Cleansing and comparing memory. */
#include <string.h>

#include "common/ct.h"
#include "gmpki/common.h"

void gmpki_cleanse(void *data, size_t len) {
    if (len != 0) {
        memset(data, 0, len);
    }
    /* The compiler must assume that this reads the zeros. */
    __asm__ __volatile__("" : : "r"(data) : "memory");
}

int gmpki_equal(int *equal, const void *a, const void *b, size_t len) {
    if (equal == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    *equal = 0;
    if (len != 0 && (a == NULL || b == NULL)) {
        return GMPKI_ERR_ARGUMENT;
    }
    *equal = (int)(mask_is_zero(difference(a, b, len)) & 1);
    return GMPKI_OK;
}
