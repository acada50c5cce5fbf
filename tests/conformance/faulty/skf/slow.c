/* Faults of speed: what takes longer than limits allow, each time or now and
 * then. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "faulty.h"

/* A fault, the function that it slows down, by how much, and how many calls go
 * by from one slow call to the next. */
typedef struct {
    const char *fault;
    const char *function;
    long ms;
    unsigned every;
} slow_function;

static const slow_function SLOW[] = {
    {"slow-sm2-generation", "SKF_GenECCKeyPair", 900, 1},     {"slow-sm2-signing-at-times", "SKF_ECCSignData", 600, 2},
    {"slow-sm2-signing", "SKF_ECCSignData", 60, 1},           {"slow-sm2-verifying-at-times", "SKF_ECCVerify", 600, 2},
    {"slow-sm2-encryption", "SKF_ExtECCEncrypt", 250, 1},     {"slow-sm3", "SKF_Digest", 900, 1},
    {"slow-sm4-encryption", "SKF_Encrypt", 900, 1},           {"slow-sm4-decryption", "SKF_Decrypt", 900, 1},
    {"slow-rsa-generation", "SKF_GenRSAKeyPair", 7000, 1},    {"slow-rsa-signing-at-times", "SKF_RSASignData", 600, 2},
    {"slow-rsa-verifying-at-times", "SKF_RSAVerify", 600, 2},
};

void slow_down(const char *function) {
    static unsigned calls;
    for (size_t i = 0; i < sizeof SLOW / sizeof *SLOW; i++) {
        if (strcmp(SLOW[i].function, function) == 0 && fault(SLOW[i].fault) && ++calls % SLOW[i].every == 0) {
            struct timespec pause = {SLOW[i].ms / 1000, SLOW[i].ms % 1000 * 1000000};
            (void)nanosleep(&pause, NULL);
        }
    }
}

/* No other fault is in these. */
DEFINE_UNLESS_FAMILY(SKF_GenRSAKeyPair, (HCONTAINER hContainer, ULONG ulBitsLen, RSAPUBLICKEYBLOB *pBlob),
                     (hContainer, ulBitsLen, pBlob))
DEFINE_UNLESS_FAMILY(SKF_RSAVerify,
                     (DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                      BYTE *pbSignature, ULONG ulSignLen),
                     (hDev, pRSAPubKeyBlob, pbData, ulDataLen, pbSignature, ulSignLen))
