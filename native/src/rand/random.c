/* The operating system's random bytes, behind the gate. */
#include "common/random.h"

#include "common/bytes.h"
#include "common/gate.h"
#include "gmpki/rand.h"

int gmpki_random(uint8_t *data, size_t len) {
    if (data == NULL && len != 0) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_RAND);
    if (status != GMPKI_OK) {
        zero_bytes(data, len);
        return status;
    }
    return len == 0 ? GMPKI_OK : random_system(data, len);
}
