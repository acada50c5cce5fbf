/* Texts for status codes, and the version. */
#include "gmpki/common.h"

const char *gmpki_status_text(int status) {
    switch (status) {
    case GMPKI_OK:
        return "ok";
    case GMPKI_ERR_ARGUMENT:
        return "an argument is missing or unknown";
    case GMPKI_ERR_LENGTH:
        return "an input has a length outside what is allowed";
    case GMPKI_ERR_BUFFER:
        return "the output buffer is too small";
    case GMPKI_ERR_STATE:
        return "the context was used out of order";
    case GMPKI_ERR_LIMIT:
        return "more data than the algorithm allows under one key or nonce";
    case GMPKI_ERR_POINT:
        return "not the encoding of a point on the curve";
    case GMPKI_ERR_SCALAR:
        return "the private key is outside [1, n-2]";
    case GMPKI_ERR_ENCODING:
        return "not strict DER of the expected shape";
    case GMPKI_ERR_SIGNATURE:
        return "the signature does not hold";
    case GMPKI_ERR_DECRYPT:
        return "the message cannot be decrypted";
    case GMPKI_ERR_PADDING:
        return "the input is not a whole number of blocks and padding is off";
    case GMPKI_ERR_RANDOM:
        return "the operating system's random source failed";
    case GMPKI_ERR_SELFTEST:
        return "a self-test failed: the module is in its error state";
    case GMPKI_ERR_BACKEND:
        return "no such backend, or this processor cannot run it";
    case GMPKI_ERR_FAULT:
        return "a signature made did not verify: a fault was at work";
    case GMPKI_ERR_UNSUPPORTED:
        return "not possible on this platform";
    default:
        return "unknown status";
    }
}

const char *gmpki_version(void) {
    return GMPKI_VERSION;
}
