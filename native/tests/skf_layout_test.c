/*
 * The structures of gmpki/skf.h have the sizes that drivers are built with. Compiled once for each layout. The sizes of
 * the packed layout with a ULONG of 4 bytes were read from the debug information of a driver, the others computed.
 */
#include <stddef.h>

#include "check.h"
#include "gmpki/skf.h"

#define BY_LAYOUT(packed_4, packed_8, natural_4, natural_8)                                                            \
    (GMPKI_SKF_PACKED ? (GMPKI_SKF_ULONG == 8 ? (packed_8) : (packed_4))                                               \
                      : (GMPKI_SKF_ULONG == 8 ? (natural_8) : (natural_4)))

/* Refused by the compiler when it does not hold; counted when the program runs. */
#define EXPECT(what, packed_4, packed_8, natural_4, natural_8)                                                         \
    do {                                                                                                               \
        _Static_assert((what) == BY_LAYOUT(packed_4, packed_8, natural_4, natural_8), #what);                          \
        CHECK((what) == BY_LAYOUT(packed_4, packed_8, natural_4, natural_8));                                          \
    } while (0)

int main(void) {
    EXPECT(sizeof(ULONG), 4, 8, 4, 8);
    EXPECT(sizeof(BOOL), 4, 4, 4, 4);
    EXPECT(sizeof(VERSION), 2, 2, 2, 2);
    EXPECT(sizeof(DEVINFO), 294, 326, 296, 328);
    EXPECT(offsetof(DEVINFO, AlgSymCap), 198, 198, 200, 200);
    EXPECT(sizeof(RSAPUBLICKEYBLOB), 268, 276, 268, 280);
    EXPECT(sizeof(RSAPRIVATEKEYBLOB), 1164, 1172, 1164, 1176);
    EXPECT(sizeof(ECCPUBLICKEYBLOB), 132, 136, 132, 136);
    EXPECT(sizeof(ECCPRIVATEKEYBLOB), 68, 72, 68, 72);
    EXPECT(sizeof(ECCCIPHERBLOB), 165, 169, 168, 176);
    EXPECT(offsetof(ECCCIPHERBLOB, Cipher), 164, 168, 164, 168);
    EXPECT(sizeof(ECCSIGNATUREBLOB), 128, 128, 128, 128);
    EXPECT(sizeof(BLOCKCIPHERPARAM), 44, 56, 44, 56);
    EXPECT(sizeof(ENVELOPEDKEYBLOB), 373, 393, 376, 400);
    EXPECT(offsetof(ENVELOPEDKEYBLOB, PubKey), 76, 88, 76, 88);
    EXPECT(offsetof(ENVELOPEDKEYBLOB, ECCCipherBlob), 208, 224, 208, 224);
    EXPECT(sizeof(FILEATTRIBUTE), 44, 56, 44, 56);
    return finish();
}
